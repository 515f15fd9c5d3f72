import { checkMessage, checkQueueName, QueueError, race, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  ConnectionNotice,
  Consumer,
  ConsumeOptions,
  DeadLetters,
  Durability,
  Failure,
  Message,
  QueueCounts,
} from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { BATCH, RedisConsumer } from './redis-consumer.ts'
import { RedisDeadLetters } from './redis-dead-letters.ts'
import { decodeElement, encodeRecords } from './redis-element.ts'
import type { Draft } from './redis-element.ts'
import { queueKeys, queuesKey } from './redis-keys.ts'
import { script } from './redis-script.ts'
import { HORIZON_MS } from './redis-turn.ts'
import { COUNT, PEEK, PURGE } from './scripts/inspection.ts'
import { PUBLISH } from './scripts/publish.ts'

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
/** Most bytes of one script call: the server does nothing else meanwhile. */
const CALL_BYTES = 4 * 1024 * 1024
const CLOCK_MS = 20

const PUBLISH_SCRIPT = script(PUBLISH)
const COUNT_SCRIPT = script(COUNT)
const PEEK_SCRIPT = script(PEEK)
const PURGE_SCRIPT = script(PURGE)

export class RedisBroker implements Broker {
  readonly name = 'redis'
  readonly deadLetters: DeadLetters
  readonly #client: RedisClient
  readonly #tenancy: Tenancy
  readonly #consumers = new Set<RedisConsumer>()
  #supports: BrokerSupports
  #closing: Promise<void> | undefined

  constructor(client: RedisClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'redis', 'broker')
    this.deadLetters = new RedisDeadLetters(client, this.#tenancy)
    this.#supports = supportsOf(client.durability)
  }

  get supports(): BrokerSupports {
    return this.#supports
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
    if (this.#supports.durability !== this.#client.durability) {
      this.#supports = supportsOf(this.#client.durability)
    }
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
    const failures: Failure[] = []
    const chunks = [...chunked(messages, failures)]
    if (chunks.length > 0) await race(this.#client.register(queue), signal)
    let stored = false
    for (const { drafts, indexes } of chunks) {
      try {
        signal?.throwIfAborted()
        await race(this.#store(queue, drafts), signal)
        stored = true
      } catch (error) {
        if (!stored || !QueueError.is(error)) throw error
        for (const index of indexes) failures.push({ index, error })
      }
    }
    return failures.toSorted((a, b) => a.index - b.index)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    checkQueueName(queue)
    await this.open(options)
    if (!(options.leaseMs >= CLOCK_MS)) {
      throw new QueueError('INVALID', `redis: leaseMs must be at least ${CLOCK_MS}, not ${options.leaseMs}.`)
    }
    await race(this.#client.register(queue), options.signal)
    const consumer = new RedisConsumer({
      leaseMs: options.leaseMs,
      prefetch: options.prefetch,
      client: this.#client,
      queue,
      keys: queueKeys(this.#client.prefix, queue),
      onClose: (closed) => void this.#consumers.delete(closed),
    })
    this.#consumers.add(consumer)
    return consumer
  }

  async inspect(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    await this.open({ signal })
    const keys = queueKeys(this.#client.prefix, queue)
    const names = [keys.ready, keys.ranked, keys.due, keys.lease, keys.dead]
    const reply = await race(this.#client.run(COUNT_SCRIPT, names, []), signal)
    const [ready = 0, delayed = 0, leased = 0, dead = 0] = reply as number[]
    return { ready, delayed, leased, dead }
  }

  async queues({ signal }: Abortable = {}): Promise<readonly string[]> {
    await this.open({ signal })
    const names = await race(this.#client.call('smembers', queuesKey(this.#client.prefix)), signal)
    return (names as Buffer[]).map(String).toSorted()
  }

  async peek(queue: string, limit: number, { signal }: Abortable = {}): Promise<readonly Message[]> {
    await this.open({ signal })
    if (!(limit >= 1)) return []
    const { ready, ranked } = queueKeys(this.#client.prefix, queue)
    const reply = await race(this.#client.run(PEEK_SCRIPT, [ready, ranked], [Math.floor(limit)]), signal)
    const elements = (reply as Buffer[]).map(decodeElement)
    return elements.flatMap((element) => (element instanceof QueueError ? [] : [element.message]))
  }

  async purge(queue: string, { signal }: Abortable = {}): Promise<number> {
    await this.open({ signal })
    const { ready, ranked, due } = queueKeys(this.#client.prefix, queue)
    return (await race(this.#client.run(PURGE_SCRIPT, [ready, ranked, due], []), signal)) as number
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.#client.onNotice(listener)
  }

  async #store(queue: string, drafts: readonly Draft[]): Promise<void> {
    const { ready, ranked, due, wake, seq } = queueKeys(this.#client.prefix, queue)
    await this.#client.run(
      PUBLISH_SCRIPT,
      [ready, ranked, due, wake, seq],
      [encodeRecords(drafts), HORIZON_MS],
    )
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await this.#tenancy.leave()
  }
}

interface Chunk {
  readonly drafts: Draft[]
  readonly indexes: number[]
  bytes: number
}

/** Checks each message, puts the bad ones into `failures`, and cuts the good ones into calls. */
function* chunked(messages: readonly Message[], failures: Failure[]): Generator<Chunk> {
  let chunk: Chunk = { drafts: [], indexes: [], bytes: 0 }
  let shared: Message['headers'] | undefined
  let headers = ''
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index]!
    if (message.headers !== shared) {
      shared = message.headers // a bulk shares one object
      headers = JSON.stringify(shared)
    }
    const draft = { message, headers }
    const error = refusal(draft)
    if (error !== undefined) {
      failures.push({ index, error })
      continue
    }
    const bytes = headers.length + message.body.length
    if (chunk.drafts.length >= BATCH || (chunk.drafts.length > 0 && chunk.bytes + bytes > CALL_BYTES)) {
      yield chunk
      chunk = { drafts: [], indexes: [], bytes: 0 }
    }
    chunk.drafts.push(draft)
    chunk.indexes.push(index)
    chunk.bytes += bytes
  }
  if (chunk.drafts.length > 0) yield chunk
}

function refusal({ message, headers }: Draft): QueueError | undefined {
  const error = checkMessage(message)
  if (error !== undefined) return error
  const { id, group } = message
  if (!id.isWellFormed() || group?.isWellFormed() === false) {
    return invalid(id, 'id and group must be valid Unicode (no lone surrogates)')
  }
  // Two bytes hold their sizes; longer than any name should be.
  if (id.length > 20_000 || (group !== undefined && group.length > 20_000)) {
    return invalid(`${id.slice(0, 40)}…`, 'id and group may have up to 20,000 characters')
  }
  const bytes = Buffer.byteLength(headers) + message.body.length
  if (bytes <= MAX_MESSAGE_BYTES) return undefined
  return new QueueError(
    'TOO_LARGE',
    `Message ${id} has ${bytes} bytes, redis takes ${MAX_MESSAGE_BYTES}. Store the payload elsewhere and send a reference.`,
  )
}

function invalid(id: string, why: string): QueueError {
  return new QueueError('INVALID', `Message ${JSON.stringify(id)}: ${why}.`)
}

function supportsOf(durability: Durability): BrokerSupports {
  return Object.freeze({
    durability,
    inspect: 'counts',
    peek: true,
    purge: true,
    deadLetters: true,
    ordered: 'queue',
    release: 'free',
    priorityLevels: 101,
    maxDelayMs: Infinity,
    dedupeMs: 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxBatch: BATCH,
    clockMs: CLOCK_MS,
    lease: Object.freeze({ renewable: true, fenced: true, shared: true, maxMs: Infinity }),
  })
}
