import { connect } from 'amqplib'
import type { ChannelModel } from 'amqplib'
import { startRabbitmqProcess } from '../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import { CannotRun } from './cannot-run.ts'

/** The server everyone is measured on. */
export interface RabbitmqForBenchmarks {
  readonly url: string
  readonly facts: RabbitmqFacts
  /** Messages of a queue that are ready. */
  ready(queue: string): Promise<number>
  /** Removes these queues. */
  drop(queues: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface RabbitmqFacts {
  readonly version: string
  readonly queues: 'quorum'
  readonly startedHere: boolean
}

/**
 * The server at BANANAS_RABBITMQ_URL, else one of our own: `rabbitmq-server` from PATH on a free loopback port.
 * @throws CannotRun when there is neither
 */
export async function openRabbitmq(): Promise<RabbitmqForBenchmarks> {
  const given = process.env['BANANAS_RABBITMQ_URL']
  if (given !== undefined) return connected(given, undefined)
  const server = await startRabbitmqProcess().catch((cause: unknown) => {
    throw new CannotRun(
      'No RabbitMQ to measure: set BANANAS_RABBITMQ_URL=amqp://host, or put a rabbitmq-server binary on PATH.',
      { cause },
    )
  })
  return connected(server.url, server.stop)
}

async function connected(
  url: string,
  stop: (() => Promise<void>) | undefined,
): Promise<RabbitmqForBenchmarks> {
  const admin = await connect(url)
  return {
    url,
    facts: { version: versionOf(admin), queues: 'quorum', startedHere: stop !== undefined },
    async ready(queue) {
      const channel = await admin.createChannel()
      const { messageCount } = await channel.checkQueue(queue)
      await channel.close()
      return messageCount
    },
    async drop(queues) {
      const channel = await admin.createChannel()
      for (const queue of queues) await channel.deleteQueue(queue)
      await channel.close()
    },
    async close() {
      await admin.close()
      await stop?.()
    },
  }
}

function versionOf(connection: ChannelModel): string {
  const { serverProperties } = connection.connection as unknown as {
    serverProperties?: { version?: string }
  }
  return serverProperties?.version ?? 'unknown'
}
