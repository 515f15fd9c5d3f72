import { checkQueueName, QueueError } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  Consumer,
  ConsumeOptions,
  Failure,
  Message,
  QueueCounts,
} from '@bananasjs/core/contract'
import type { SpoolClient } from './spool-client.ts'
import { SpoolConsumer } from './spool-consumer.ts'
import { refusal, SUPPORTS } from './spool-supports.ts'

export class SpoolBroker implements Broker {
  readonly name = 'spool'
  readonly supports: BrokerSupports = SUPPORTS
  readonly #client: SpoolClient
  readonly #consumers = new Set<SpoolConsumer>()
  #closed = false

  constructor(client: SpoolClient) {
    this.#client = client
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    this.#check(signal)
    await this.#client.open()
    this.#check(signal)
  }

  /** Each message is judged for itself; what was not refused is on the disk when this resolves. */
  async publish(
    queue: string,
    messages: readonly Message[],
    { signal }: Abortable = {},
  ): Promise<readonly Failure[]> {
    this.#check(signal)
    checkQueueName(queue)
    const failures: Failure[] = []
    const target = await this.#client.queue(queue)
    await this.#client.call(async () => {
      for (const [index, message] of messages.entries()) {
        const error = refusal(message)
        if (error !== undefined) failures.push({ index, error })
        else await target.add(message)
      }
      await target.sync()
    })
    signal?.throwIfAborted()
    return failures
  }

  async consume(queue: string, { leaseMs, signal }: ConsumeOptions): Promise<Consumer> {
    this.#check(signal)
    checkQueueName(queue)
    if (!(leaseMs >= SUPPORTS.clockMs)) {
      throw new QueueError('INVALID', `spool: leaseMs must be at least ${SUPPORTS.clockMs}, not ${leaseMs}.`)
    }
    const files = await this.#client.queue(queue)
    this.#check(signal)
    const onClose = (closed: SpoolConsumer): void => void this.#consumers.delete(closed)
    const consumer = new SpoolConsumer({ client: this.#client, queue, files, leaseMs, onClose })
    this.#consumers.add(consumer)
    return consumer
  }

  async inspect(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    this.#check(signal)
    checkQueueName(queue)
    if (!(await this.queues()).includes(queue)) return { ready: 0, delayed: 0, leased: 0, dead: 0 }
    const files = await this.#client.queue(queue)
    return this.#client.call(() => files.counts())
  }

  async queues({ signal }: Abortable = {}): Promise<readonly string[]> {
    this.#check(signal)
    return this.#client.call(() => this.#client.list())
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** An abort rejects with the caller's own reason. */
  #check(signal?: AbortSignal): void {
    if (this.#closed) throw new QueueError('CLOSED', 'spool: this broker was closed. Make a new transport.')
    signal?.throwIfAborted()
  }
}
