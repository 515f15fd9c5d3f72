import { checkMessage, checkQueueName, QueueError, race, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  ConnectionNotice,
  Consumer,
  ConsumeOptions,
  DeadLetters,
  Failure,
  Message,
  QueueCounts,
} from '@bananasjs/core/contract'
import { durabilityOf } from './nats-client.ts'
import type { NatsClient } from './nats-client.ts'
import { NatsConsumer } from './nats-consumer.ts'
import { NatsDeadLetters } from './nats-dead-letters.ts'
import { Inspection } from './nats-inspection.ts'
import { Sender } from './nats-sender.ts'
import type { Letter } from './nats-sender.ts'
import { CLOCK_MS, MAX_BATCH, supportsOf } from './nats-supports.ts'

/** How long a purge looks for the rest of what it counted. */
const PURGE_WAIT_MS = 250
const LEASE_MS = 15_000

export class NatsBroker implements Broker {
  readonly name = 'nats'
  readonly deadLetters: DeadLetters
  readonly #client: NatsClient
  readonly #sender: Sender
  readonly #tenancy: Tenancy
  readonly #inspection: Inspection
  readonly #consumers = new Set<NatsConsumer>()
  #supports: BrokerSupports
  #opened = false
  #closing: Promise<void> | undefined

  constructor(client: NatsClient) {
    const { storage, replicas } = client.settings
    this.#client = client
    this.#sender = new Sender(client)
    this.#tenancy = new Tenancy(client.needing(['queues']), 'nats', 'broker')
    this.#inspection = new Inspection(client)
    this.deadLetters = new NatsDeadLetters(client, this.#sender, this.#tenancy)
    this.#supports = supportsOf(durabilityOf({ storage, num_replicas: replicas }))
  }

  get supports(): BrokerSupports {
    return this.#supports
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
    if (!this.#opened) await this.#narrow()
  }

  async publish(
    queue: string,
    messages: readonly Message[],
    { signal }: Abortable = {},
  ): Promise<readonly Failure[]> {
    checkQueueName(queue)
    await this.open({ signal })
    if (messages.length > MAX_BATCH)
      throw new QueueError(
        'INVALID',
        `nats: a batch has up to ${MAX_BATCH} messages, not ${messages.length}.`,
      )
    const { letters, indexes, failures } = this.#letters(queue, messages)
    if (letters.length === 0) return failures
    await this.#ensure(queue, messages, signal)
    const sent = await race(this.#sender.send(queue, letters, signal), signal)
    const [first] = sent
    // All failed for one reason: the whole call did.
    if (first !== undefined && sent.every((error) => error?.code === first.code)) throw first
    for (const [at, error] of sent.entries())
      if (error !== undefined) failures.push({ index: indexes[at]!, error })
    return failures.toSorted((a, b) => a.index - b.index)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    checkQueueName(queue)
    await this.open(options)
    if (!(options.leaseMs >= CLOCK_MS))
      throw new QueueError('INVALID', `nats: leaseMs must be at least ${CLOCK_MS}, not ${options.leaseMs}.`)
    await this.#client.streams.ensureConsumer(queue, 'ready', options)
    const consumer = new NatsConsumer({
      leaseMs: options.leaseMs,
      prefetch: options.prefetch,
      client: this.#client,
      sender: this.#sender,
      queue,
      onClose: (closed) => void this.#consumers.delete(closed),
    })
    this.#consumers.add(consumer)
    return consumer
  }

  async inspect(queue: string, options: Abortable = {}): Promise<QueueCounts> {
    checkQueueName(queue)
    await this.open(options)
    await this.#client.open(['delayed', 'dead'], options.signal)
    return this.#explained(this.#inspection.counts(queue, options))
  }

  async queues(options: Abortable = {}): Promise<readonly string[]> {
    await this.open(options)
    return this.#explained(this.#inspection.queues(options))
  }

  async peek(queue: string, limit: number, options: Abortable = {}): Promise<readonly Message[]> {
    checkQueueName(queue)
    await this.open(options)
    return this.#explained(this.#inspection.peek(queue, limit, options))
  }

  /** Takes what is ready as a worker would, because the server's own purge would take what is held, too. */
  async purge(queue: string, options: Abortable = {}): Promise<number> {
    checkQueueName(queue)
    const { ready } = await this.inspect(queue, options)
    let purged = await this.#explained(this.#inspection.purgeDelayed(queue, options))
    if (ready === 0) return purged
    await using consumer = await this.consume(queue, { leaseMs: LEASE_MS, prefetch: MAX_BATCH, ...options })
    for (let taken = 0; taken < ready;) {
      const most = Math.min(MAX_BATCH, ready - taken)
      const deliveries = await consumer.receive(most, { waitMs: PURGE_WAIT_MS, signal: options.signal })
      if (deliveries.length === 0) break
      await consumer.settle(deliveries.map(({ receipt }) => ({ receipt, as: 'ack' })))
      taken += deliveries.length
      purged += deliveries.length
    }
    return purged
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.#client.onNotice(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Those that may be sent, with their places in the batch. */
  #letters(queue: string, messages: readonly Message[]): Drafts {
    const drafts: Drafts = { letters: [], indexes: [], failures: [] }
    const { ready, delayed } = this.#client.names.queue(queue)
    for (const [index, message] of messages.entries()) {
      const { delayMs } = message
      const letter = this.#sender.letter(delayMs > 0 ? delayed : ready, message, { delayMs })
      const error = checkMessage(message) ?? this.#sender.refusalOf(letter, message.id)
      if (error !== undefined) drafts.failures.push({ index, error })
      else drafts.indexes[drafts.letters.push(letter) - 1] = index
    }
    return drafts
  }

  async #ensure(queue: string, messages: readonly Message[], signal?: AbortSignal): Promise<void> {
    const { streams } = this.#client
    await streams.ensureConsumer(queue, 'ready', { signal })
    if (messages.some(({ delayMs }) => delayMs > 0))
      await streams.ensureConsumer(queue, 'delayed', { signal })
  }

  /** What the stream and the server really give, where that is less. */
  async #narrow(): Promise<void> {
    const config = await this.#client.streams.ensure('queues')
    const { storage, replicas } = this.#client.settings
    this.#supports = supportsOf(
      durabilityOf({
        storage: config.storage === 'memory' ? 'memory' : storage,
        num_replicas: Math.min(config.num_replicas, replicas),
      }),
      this.#client.link.connection?.info?.max_payload,
    )
    this.#opened = true
  }

  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw this.#client.link.explain(error)
    }
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await this.#tenancy.leave()
  }
}

interface Drafts {
  readonly letters: Letter[]
  readonly indexes: number[]
  readonly failures: Failure[]
}
