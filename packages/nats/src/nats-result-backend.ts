import { isFinal, QueueError, race, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Durability,
  Failure,
  ResultBackend,
  ResultRecord,
  ResultSupports,
} from '@bananasjs/core/contract'
import { Bucket } from './nats-bucket.ts'
import { durabilityOf } from './nats-client.ts'
import type { NatsClient } from './nats-client.ts'
import { swapFact } from './nats-facts.ts'
import { Joins } from './nats-joins.ts'
import { checkTtl, decodeResult, encodeResult, tooLarge } from './nats-result-record.ts'
import { ResultWatch } from './nats-result-watch.ts'
import { maxBytes } from './nats-supports.ts'
import { Sweeper } from './nats-sweeper.ts'

const MAX_POSITION = 2 ** 20
/** The server's clock is known but for a round trip. */
const CLOCK_MS = 50

export class NatsResultBackend implements ResultBackend {
  readonly name = 'nats'
  readonly #client: NatsClient
  readonly #tenancy: Tenancy
  readonly #bucket: Bucket
  readonly #joins: Joins
  readonly #sweeper: Sweeper
  readonly #watches = new Set<ResultWatch>()
  #supports: ResultSupports
  #opened = false
  #closing: Promise<void> | undefined

  constructor(client: NatsClient) {
    const { storage, replicas } = client.settings
    this.#client = client
    this.#tenancy = new Tenancy(client.needing(['queues', 'results']), 'nats', 'result backend')
    this.#bucket = new Bucket(client)
    this.#joins = new Joins(this.#bucket)
    this.#sweeper = new Sweeper(client)
    this.#supports = supportsOf(durabilityOf({ storage, num_replicas: replicas }), Infinity)
  }

  get supports(): ResultSupports {
    return this.#supports
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
    if (!this.#opened) await this.#narrow()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async put(records: readonly ResultRecord[], { signal }: Abortable = {}): Promise<readonly Failure[]> {
    await this.open({ signal })
    const failures: Failure[] = []
    const byId = new Map<string, ResultRecord[]>()
    const most = this.#supports.maxValueBytes
    for (const [index, record] of records.entries()) {
      checkTtl(record.ttlMs)
      const size = record.value.length
      if (size > most) failures.push({ index, error: tooLarge(`The result of ${record.id}`, size, most) })
      else byId.set(record.id, [...(byId.get(record.id) ?? []), record])
    }
    await race(Promise.all([...byId.values()].map((lives) => this.#putInOrder(lives))), signal)
    this.#sweeper.count(records.length)
    return failures
  }

  async get(
    ids: readonly string[],
    { signal }: Abortable = {},
  ): Promise<readonly (ResultRecord | undefined)[]> {
    await this.open({ signal })
    return race(this.#read(ids), signal)
  }

  async swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null> {
    await this.open()
    const most = this.#supports.maxValueBytes
    if (next !== null) checkTtl(ttlMs)
    if (next !== null && next.length > most) throw tooLarge(`The value of key ${key}`, next.length, most)
    const subject = this.#client.names.key('fact', key)
    const change = { expected, value: next === null ? null : Uint8Array.from(next), ttlMs }
    this.#sweeper.count(1)
    // When the answer to a write gets lost, the next try reads what came of it: one's own value, or the winner's.
    return this.#persist(() => swapFact(this.#bucket, subject, change))
  }

  async arrive(join: string, positions: readonly number[], ttlMs: number): Promise<number> {
    await this.open()
    checkTtl(ttlMs)
    const bad = positions.find(
      (position) => !Number.isInteger(position) || position < 0 || position > MAX_POSITION,
    )
    if (bad !== undefined) {
      throw new QueueError(
        'INVALID',
        `Join ${join}: positions are whole numbers from 0 to ${MAX_POSITION}, not ${bad}.`,
      )
    }
    const key = this.#client.names.key('join', join)
    return this.#persist(() => this.#joins.arrive(key, positions, ttlMs))
  }

  async *watch(ids: readonly string[], { signal }: Abortable = {}): AsyncGenerator<ResultRecord> {
    await this.open({ signal })
    const watch = new ResultWatch({
      ids,
      signal,
      client: this.#client,
      read: (rest) => {
        this.#tenancy.check()
        return this.#read(rest)
      },
    })
    this.#watches.add(watch)
    try {
      yield* watch.records()
    } finally {
      this.#watches.delete(watch)
    }
  }

  #read(ids: readonly string[]): Promise<readonly (ResultRecord | undefined)[]> {
    const { names } = this.#client
    return Promise.all(
      ids.map(async (id) => {
        const cell = await this.#persist(() => this.#bucket.read(names.key('result', id)))
        return decodeResult(id, cell)
      }),
    )
  }

  async #putInOrder(lives: readonly ResultRecord[]): Promise<void> {
    for (const record of lives) await this.#persist(() => this.#put(record))
  }

  /** Most records are the first of their id, and take one round trip. */
  async #put(record: ResultRecord): Promise<void> {
    const { names, link } = this.#client
    const key = names.key('result', record.id)
    const value = encodeResult(record)
    const write = { value, ttlMs: record.ttlMs }
    if (record.state === 'queued') return void (await this.#bucket.write(key, write))
    for (let expected = 0; (await this.#bucket.write(key, { ...write, expected })) === undefined;) {
      const cell = await this.#bucket.read(key)
      const stored = decodeResult(record.id, cell)
      if (stored !== undefined && isFinal(stored.state)) return
      expected = cell.seq
    }
    if (isFinal(record.state)) link.connection?.publish(names.done(record.id))
  }

  async #persist<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.api.persist(act)
    } catch (error) {
      throw this.#client.link.explain(error)
    }
  }

  /** What the stream and the server really give, where that is less. */
  async #narrow(): Promise<void> {
    const { storage, replicas } = this.#client.settings
    const config = await this.#client.streams.ensure('results')
    this.#supports = supportsOf(
      durabilityOf({
        storage: config.storage === 'memory' ? 'memory' : storage,
        num_replicas: Math.min(config.num_replicas, replicas),
      }),
      this.#client.link.connection?.info?.max_payload ?? Infinity,
    )
    this.#opened = true
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    for (const watch of this.#watches) watch.look() // each looks once more and meets CLOSED
    await this.#tenancy.leave()
  }
}

function supportsOf(durability: Durability, maxPayloadBytes: number): ResultSupports {
  return Object.freeze({
    durability,
    watch: true,
    maxValueBytes: maxBytes(maxPayloadBytes),
    clockMs: CLOCK_MS,
  })
}
