import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { CREDENTIALS, findServer } from '../packages/sqs/test/brokers/sqs-servers.ts'
import { CannotRun } from './cannot-run.ts'

/** The server everyone is measured on. */
export interface SqsForBenchmarks {
  readonly url: string
  readonly facts: SqsFacts
  /** A client of the AWS SDK with as many sockets as the adapter's own. The caller destroys it. */
  client(): SQSClient
  /** Messages of a queue that are not deleted, waiting or leased. */
  pending(queue: string): Promise<number>
  /** Removes these queues. */
  drop(queues: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface SqsFacts {
  /** Shown in reports: an emulator shares the machine, AWS does not. */
  readonly server: string
  readonly startedHere: boolean
}

const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
const SOCKETS = 500

/**
 * The server at BANANAS_SQS_URL, else the emulator fauxqs in a process of its own.
 * @throws CannotRun when it does not start
 */
export async function openSqs(): Promise<SqsForBenchmarks> {
  const startedHere = process.env['BANANAS_SQS_URL'] === undefined
  const { url, stop } = await findServer().catch((cause: unknown) => {
    throw new CannotRun('The emulator fauxqs does not start: run `npx -y pnpm@12 install` first.', { cause })
  })
  const admin = clientOf(url)
  const addressOf = async (queue: string): Promise<string> =>
    (await admin.send(new GetQueueUrlCommand({ QueueName: queue }))).QueueUrl!
  return {
    url,
    facts: { server: startedHere ? 'fauxqs' : 'the given server', startedHere },
    client: () => clientOf(url),
    async pending(queue) {
      const QueueUrl = await addressOf(queue)
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] })
      const { Attributes = {} } = await admin.send(command)
      return COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
    },
    async drop(queues) {
      for (const queue of queues) {
        await admin.send(new DeleteQueueCommand({ QueueUrl: await addressOf(queue) }))
      }
    },
    async close() {
      admin.destroy()
      await stop()
    },
  }
}

function clientOf(url: string): SQSClient {
  return new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    useQueueUrlAsEndpoint: false,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: SOCKETS } },
  })
}
