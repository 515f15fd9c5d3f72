import { checkQueueName, QueueError } from '../contract/index.ts'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  Consumer,
  ConsumeOptions,
  DeadLetters,
  Failure,
  Message,
  QueueCounts,
} from '../contract/index.ts'
import { MemoryConsumer } from './memory-consumer.ts'
import { MemoryDeadLetters } from './memory-dead-letters.ts'
import type { MemoryStore } from './memory-store.ts'
import type { MemoryTerms } from './memory-terms.ts'

/** Lost with the process. Message bodies are copied on the way in and on the way out. */
export class MemoryBroker implements Broker {
  readonly name = 'memory'
  readonly supports: BrokerSupports
  readonly inspect?: NonNullable<Broker['inspect']>
  readonly queues?: NonNullable<Broker['queues']>
  readonly peek?: NonNullable<Broker['peek']>
  readonly purge?: NonNullable<Broker['purge']>
  readonly deadLetters?: DeadLetters
  readonly #store: MemoryStore
  readonly #terms: MemoryTerms
  readonly #consumers = new Set<MemoryConsumer>()
  #closed = false

  constructor(store: MemoryStore, terms: MemoryTerms) {
    this.#store = store
    this.#terms = terms
    this.supports = terms.supports
    if (this.supports.inspect !== 'none') this.inspect = (queue, options) => this.#inspect(queue, options)
    if (this.supports.inspect === 'counts') this.queues = (options) => this.#queues(options)
    if (this.supports.peek) this.peek = (queue, limit, options) => this.#peek(queue, limit, options)
    if (this.supports.purge) this.purge = (queue, options) => this.#purge(queue, options)
    if (this.supports.deadLetters)
      this.deadLetters = new MemoryDeadLetters(store, (options) => this.#check(options))
  }

  async open(options?: Abortable): Promise<void> {
    this.#check(options)
  }

  async publish(
    queue: string,
    messages: readonly Message[],
    options?: Abortable,
  ): Promise<readonly Failure[]> {
    this.#check(options)
    checkQueueName(queue)
    this.#terms.checkBatch(messages.length)
    const target = this.#store.queue(queue)
    const failures: Failure[] = []
    for (const [index, message] of messages.entries()) {
      const error = this.#terms.refusal(message)
      if (error !== undefined) failures.push({ index, error })
      else if (this.supports.dedupeMs <= 0 || target.firstTime(message.id, this.supports.dedupeMs)) {
        target.put(copy(message), {
          level: this.#terms.level(message.priority),
          dueAt: this.#terms.due(message.delayMs),
          deliveries: 0,
        })
      }
    }
    target.serve()
    return failures
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    this.#check(options)
    checkQueueName(queue)
    const { clockMs } = this.supports
    if (!(options.leaseMs >= clockMs))
      throw new QueueError('INVALID', `memory: leaseMs must be at least ${clockMs}, not ${options.leaseMs}.`)
    const consumer = new MemoryConsumer({
      runtime: this.#store.runtime,
      queue: this.#store.queue(queue),
      terms: this.#terms,
      leaseMs: options.leaseMs,
      onClose: () => void this.#consumers.delete(consumer),
    })
    this.#consumers.add(consumer)
    return consumer
  }

  /** As when the network breaks: every wait ends with CONNECTION_LOST, and leases that are a connection end with it. */
  cut(): void {
    for (const consumer of this.#consumers) consumer.cut()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #inspect(queue: string, options?: Abortable): Promise<QueueCounts> {
    this.#check(options)
    const counts = this.#store.queues.get(queue)?.counts() ?? { ready: 0, delayed: 0, leased: 0, dead: 0 }
    return this.supports.inspect === 'counts' ? counts : { ...counts, delayed: undefined, leased: undefined }
  }

  async #queues(options?: Abortable): Promise<readonly string[]> {
    this.#check(options)
    return [...this.#store.queues.keys()].toSorted()
  }

  async #peek(queue: string, limit: number, options?: Abortable): Promise<readonly Message[]> {
    this.#check(options)
    return (this.#store.queues.get(queue)?.peek(limit) ?? []).map(copy)
  }

  async #purge(queue: string, options?: Abortable): Promise<number> {
    this.#check(options)
    return this.#store.queues.get(queue)?.purge() ?? 0
  }

  #check(options?: Abortable): void {
    if (this.#closed) throw new QueueError('CLOSED', 'This memory broker was closed. Make a new transport.')
    options?.signal?.throwIfAborted()
  }
}

function copy(message: Message): Message {
  const { id, headers, body, priority, group } = message
  const copied = {
    id,
    headers: Object.freeze({ ...headers }),
    body: new Uint8Array(body),
    priority,
    delayMs: 0,
  }
  return group === undefined ? copied : { ...copied, group }
}
