import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Payload } from '../payload.ts'
import type { SqsForBenchmarks } from '../sqs-server.ts'
import type { QueueSystem, QueueSystemKind } from './queue-system.ts'

/** Calls at once, as many as the adapter makes: for sending, and for receiving and deleting together. */
const PARALLEL = 16
const BATCH = 10
const WAIT_S = 5

/** The SDK as AWS' own pages recommend it: batches of ten, long polls, and many calls at once. */
export function rawSqsKind(server: SqsForBenchmarks): QueueSystemKind {
  const made: string[] = []
  return {
    name: 'raw SDK',
    role: 'raw',
    canWait: false,
    clear: () => server.drop(made.splice(0)),
    async open({ queue }) {
      const name = `raw${process.pid}-${queue}`
      const [producer, consumer] = [server.client(), server.client()]
      const { QueueUrl } = await producer.send(new CreateQueueCommand({ QueueName: name }))
      made.push(name)
      const sender = new Sender(producer, QueueUrl!)
      const ending = new AbortController()
      let loops: readonly Promise<void>[] = []
      return {
        add: (task) => sender.add(task),
        addBulk: async (tasks) => void (await Promise.all(tasks.map((task) => sender.add(task)))),
        async work(concurrency, handler) {
          const reader = { client: consumer, url: QueueUrl!, signal: ending.signal, handler }
          const count = Math.min(PARALLEL, Math.ceil(concurrency / BATCH))
          loops = Array.from({ length: count }, () => read(reader))
        },
        pending: () => server.pending(name),
        async close() {
          ending.abort()
          await Promise.all(loops)
          producer.destroy()
          consumer.destroy()
        },
      } satisfies QueueSystem
    },
  }
}

interface Waiting {
  readonly task: Payload
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Fills batches of ten from whoever is waiting. */
class Sender {
  readonly #client: SQSClient
  readonly #url: string
  readonly #waiting: Waiting[] = []
  #calls = 0

  constructor(client: SQSClient, url: string) {
    this.#client = client
    this.#url = url
  }

  add(task: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject })
      // After this turn: what is added in it travels together.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#start())
    })
  }

  #start(): void {
    while (this.#calls < PARALLEL && this.#waiting.length > 0) {
      this.#calls += 1
      void this.#send(this.#waiting.splice(0, BATCH)).finally(() => {
        this.#calls -= 1
        this.#start()
      })
    }
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const Entries = batch.map(({ task }, at) => ({ Id: String(at), MessageBody: JSON.stringify(task) }))
      const { Failed = [] } = await this.#client.send(
        new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }),
      )
      if (Failed.length > 0) throw new Error(`SQS took ${batch.length - Failed.length} of ${batch.length}.`)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}

interface Reader {
  readonly client: SQSClient
  readonly url: string
  readonly signal: AbortSignal
  readonly handler: (task: Payload) => unknown
}

async function read({ client, url, signal, handler }: Reader): Promise<void> {
  try {
    while (!signal.aborted) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: BATCH, WaitTimeSeconds: WAIT_S }),
        { abortSignal: signal },
      )
      for (const { Body } of Messages) handler(JSON.parse(Body!) as Payload)
      if (Messages.length === 0) continue
      const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }))
      const { Failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
      if (Failed.length > 0) throw new Error(`SQS did not delete ${Failed.length} of ${Messages.length}.`)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
