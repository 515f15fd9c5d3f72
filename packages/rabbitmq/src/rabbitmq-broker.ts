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
import type { RabbitmqClient } from './rabbitmq-client.ts'
import { RabbitmqConsumer } from './rabbitmq-consumer.ts'
import { RabbitmqDeadLetters } from './rabbitmq-dead-letters.ts'
import { MAX_DELAY_MS } from './rabbitmq-delays.ts'
import { Inspection } from './rabbitmq-inspection.ts'
import { MAX_MESSAGE_BYTES } from './rabbitmq-message.ts'
import { draftOf, refusalOf, Sender } from './rabbitmq-sender.ts'
import type { Draft } from './rabbitmq-sender.ts'

const MAX_BATCH = 1000
/** A delayed message goes from queue to queue, and each takes its moment. */
const CLOCK_MS = 100

export class RabbitmqBroker implements Broker {
  readonly name = 'rabbitmq'
  readonly supports: BrokerSupports
  readonly deadLetters: DeadLetters
  readonly #client: RabbitmqClient
  readonly #sender: Sender
  readonly #tenancy: Tenancy
  readonly #inspection: Inspection
  readonly #consumers = new Set<RabbitmqConsumer>()
  #closing: Promise<void> | undefined

  constructor(client: RabbitmqClient) {
    this.#client = client
    this.#sender = new Sender(client)
    this.#tenancy = new Tenancy(client, 'rabbitmq', 'broker')
    this.#inspection = new Inspection(client, this.#tenancy)
    this.deadLetters = new RabbitmqDeadLetters(client, this.#tenancy)
    this.supports = supportsOf(client)
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
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
        `rabbitmq: a batch has up to ${MAX_BATCH} messages, not ${messages.length}.`,
      )
    const failures: Failure[] = []
    const drafts: Draft[] = []
    const indexes: number[] = []
    for (const [index, message] of messages.entries()) {
      const draft = draftOf(message)
      const error = checkMessage(message) ?? refusalOf(draft)
      if (error !== undefined) failures.push({ index, error })
      else indexes[drafts.push(draft) - 1] = index
    }
    if (drafts.length === 0) return failures
    const sent = await this.#send(queue, drafts, signal)
    for (const [at, error] of sent.entries())
      if (error !== undefined) failures.push({ index: indexes[at]!, error })
    return failures.toSorted((a, b) => a.index - b.index)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    checkQueueName(queue)
    await this.open(options)
    if (!(options.leaseMs >= CLOCK_MS))
      throw new QueueError(
        'INVALID',
        `rabbitmq: leaseMs must be at least ${CLOCK_MS}, not ${options.leaseMs}.`,
      )
    const consumer = new RabbitmqConsumer({
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

  inspect(queue: string, options?: Abortable): Promise<QueueCounts> {
    return this.#inspection.inspect(queue, options)
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

  /** All failed for one reason: the whole call did. */
  async #send(
    queue: string,
    drafts: readonly Draft[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (QueueError | undefined)[]> {
    const sent = await race(this.#sender.publish(queue, drafts, signal), signal)
    const [first] = sent
    if (first !== undefined && sent.every((error) => error?.code === first.code)) throw first
    return sent
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await this.#tenancy.leave()
  }
}

function supportsOf({ durability, settings: { priorityLevels } }: RabbitmqClient): BrokerSupports {
  return Object.freeze({
    durability,
    inspect: 'ready',
    peek: false,
    purge: false,
    deadLetters: true,
    ordered: 'none',
    release: 'counted',
    priorityLevels,
    maxDelayMs: MAX_DELAY_MS,
    dedupeMs: 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxBatch: MAX_BATCH,
    publishesAtOnce: 8,
    clockMs: CLOCK_MS,
    lease: Object.freeze({ renewable: false, fenced: true, shared: false, maxMs: Infinity }),
  })
}
