import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { checkMessage, checkQueueName, QueueError, race } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  ConnectionNotice,
  Consumer,
  ConsumeOptions,
  Failure,
  Message,
  QueueCounts,
} from '@bananasjs/core/contract'
import type { SqsClient } from './sqs-client.ts'
import { SqsConsumer } from './sqs-consumer.ts'
import { safeId } from './sqs-names.ts'
import { pack } from './sqs-payload.ts'
import { isMissing, SqsQueues } from './sqs-queues.ts'
import type { SqsQueue } from './sqs-queues.ts'
import { send } from './sqs-sender.ts'
import type { Parcel } from './sqs-sender.ts'
import { CLOCK_MS, delayError, fairGroup, supportsOf } from './sqs-supports.ts'

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const
const LONGEST_ID = 500

export class SqsBroker implements Broker {
  readonly name = 'sqs'
  readonly supports: BrokerSupports
  readonly #client: SqsClient
  readonly #queues: SqsQueues
  readonly #consumers = new Set<SqsConsumer>()
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(client: SqsClient) {
    this.#client = client
    this.#queues = new SqsQueues(client)
    this.supports = supportsOf(client.settings)
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    this.#check()
    signal?.throwIfAborted()
    this.#opening ??= this.#greet().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    await race(this.#opening, signal)
    this.#check()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async publish(
    queue: string,
    messages: readonly Message[],
    { signal }: Abortable = {},
  ): Promise<readonly Failure[]> {
    checkQueueName(queue)
    await this.open({ signal })
    if (messages.length === 0) return []
    return race(this.#publish(queue, messages), signal)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    checkQueueName(queue)
    await this.open(options)
    if (!(options.leaseMs >= CLOCK_MS)) {
      throw new QueueError('INVALID', `sqs: leaseMs must be at least ${CLOCK_MS}, not ${options.leaseMs}.`)
    }
    const main = await race(this.#queues.main(queue), options.signal)
    this.#check()
    const consumer = new SqsConsumer({
      leaseMs: options.leaseMs,
      prefetch: options.prefetch,
      client: this.#client,
      queues: this.#queues,
      queue,
      main,
      onClose: (closed) => void this.#consumers.delete(closed),
    })
    this.#consumers.add(consumer)
    return consumer
  }

  /** As near as SQS knows: it takes up to a minute after the last change until the counts agree. */
  async inspect(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    await this.open({ signal })
    const [main, dead] = await race(
      Promise.all([this.#queues.findMain(queue), this.#queues.findDead(queue)]),
      signal,
    )
    const [own, letters] = await race(Promise.all([this.#count(main), this.#count(dead)]), signal)
    const [ready, delayed, leased] = own
    return { ready, delayed, leased, dead: letters[0] + letters[1] + letters[2] }
  }

  async queues({ signal }: Abortable = {}): Promise<readonly string[]> {
    await this.open({ signal })
    return race(this.#queues.list(signal), signal)
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.#client.onNotice(listener)
  }

  async #publish(queue: string, messages: readonly Message[]): Promise<readonly Failure[]> {
    const failures = new Map<number, QueueError>()
    const target = await this.#queues.main(queue)
    const parcels = await this.#pack(messages, target, failures)
    const failed = await send(this.#client, target, parcels)
    for (const [index, error] of failed) {
      if (!isMissing(error)) failures.set(index, error)
    }
    // Deleted since it was found: it is made anew, at the same address.
    const again = parcels.filter(({ index }) => isMissing(failed.get(index)))
    if (again.length > 0) {
      this.#queues.forget(queue)
      const anew = await this.#queues.main(queue)
      for (const [index, error] of await send(this.#client, anew, again)) failures.set(index, error)
    }
    const errors = [...failures.values()]
    if (errors.length === messages.length && errors.every(isOfTheCall)) throw errors[0]!
    return [...failures].map(([index, error]) => ({ index, error })).toSorted((a, b) => a.index - b.index)
  }

  async #pack(
    messages: readonly Message[],
    { maxBytes }: SqsQueue,
    failures: Map<number, QueueError>,
  ): Promise<readonly Parcel[]> {
    const { settings } = this.#client
    const parcels: Parcel[] = []
    for (const [index, message] of messages.entries()) {
      const error = this.#refusal(message)
      const packed = error ?? (await pack({ message, deliveries: 0 }, maxBytes, settings.blobs))
      if (packed instanceof QueueError) {
        failures.set(index, packed)
        continue
      }
      const group = fairGroup(message, settings)
      parcels.push({
        index,
        text: packed.text,
        delayMs: message.delayMs,
        group,
        dedupeId: safeId(message.id),
      })
    }
    return parcels
  }

  #refusal(message: Message): QueueError | undefined {
    const { id, group, delayMs } = message
    const error = checkMessage(message) ?? delayError(delayMs, `message ${id}`, this.#client.settings)
    if (error !== undefined) return error
    if (id.length > LONGEST_ID || (group !== undefined && group.length > LONGEST_ID)) {
      const shown = `${id.slice(0, 40)}…`
      return new QueueError(
        'INVALID',
        `Message ${shown}: id and group may have up to ${LONGEST_ID} characters.`,
      )
    }
    return this.#sizeError(message)
  }

  #sizeError({ id, headers, body }: Message): QueueError | undefined {
    const { maxMessageBytes } = this.supports
    const bytes = Buffer.byteLength(JSON.stringify(headers)) + body.length
    if (bytes <= maxMessageBytes) return undefined
    const way =
      this.#client.settings.blobs === undefined ? 'Hand in a blob store (blobs)' : 'Store it elsewhere'
    return new QueueError(
      'TOO_LARGE',
      `Message ${id} has ${bytes} bytes, sqs takes ${maxMessageBytes}. ${way}, or send a reference.`,
    )
  }

  async #count(queue: SqsQueue | undefined): Promise<readonly [number, number, number]> {
    if (queue === undefined) return [0, 0, 0]
    const found = await this.#queues.attributes(queue, COUNTS)
    const [ready, delayed, leased] = COUNTS.map((name) => Number(found[name] ?? 0))
    return [ready!, delayed!, leased!]
  }

  /** One cheap call. Credentials that may do what is needed but list nothing are good, too. */
  async #greet(): Promise<void> {
    const command = new ListQueuesCommand({ QueueNamePrefix: this.#client.settings.prefix, MaxResults: 1 })
    try {
      await this.#client.call(command, { repeatable: true })
    } catch (error) {
      if (!mayNotList(error)) throw error
    }
  }

  async #close(): Promise<void> {
    const consumers = [...this.#consumers]
    await Promise.all(consumers.map((consumer) => consumer.close()))
    // Long polls on their way hand out messages still: they are awaited aside, and what they bring goes back.
    void Promise.all(consumers.map((consumer) => consumer.quiet())).finally(() => this.#client.close())
  }

  #check(): void {
    if (this.#closing !== undefined)
      throw new QueueError('CLOSED', 'sqs: this broker was closed. Make a new transport.')
  }
}

/** Of the connection or the credentials, not of one message. */
function isOfTheCall({ code }: QueueError): boolean {
  return code === 'CONNECTION_LOST' || code === 'RATE_LIMITED' || code === 'DENIED'
}

function mayNotList(error: unknown): boolean {
  const cause = QueueError.is(error, 'DENIED') ? error.cause : undefined
  return cause instanceof Error && /AccessDenied/.test(cause.name)
}
