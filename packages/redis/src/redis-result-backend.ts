import { QueueError, race, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Durability,
  Failure,
  ResultBackend,
  ResultRecord,
  ResultSupports,
} from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { shardKeys, shardOf } from './redis-keys.ts'
import type { ShardKeys } from './redis-keys.ts'
import { packPositions } from './redis-positions.ts'
import { checkTtl, decodeResults, encodeResults, MAX_VALUE_BYTES, tooLarge } from './redis-result-record.ts'
import { ResultWatch } from './redis-result-watch.ts'
import { script } from './redis-script.ts'
import { ARRIVE, FORGET_JOIN, NOW, PUT, SWAP } from './scripts/results.ts'

const PUT_SCRIPT = script(PUT)
const NOW_SCRIPT = script(NOW)
const SWAP_SCRIPT = script(SWAP)
const ARRIVE_SCRIPT = script(ARRIVE)
const FORGET_SCRIPT = script(FORGET_JOIN)

const MAX_POSITION = 2 ** 20
const CALL_BYTES = 4 * 1024 * 1024
const CALL_ITEMS = 1000
const POSITIONS = 5000

export class RedisResultBackend implements ResultBackend {
  readonly name = 'redis'
  readonly #client: RedisClient
  readonly #tenancy: Tenancy
  readonly #watches = new Set<ResultWatch>()
  #supports: ResultSupports
  #closing: Promise<void> | undefined

  constructor(client: RedisClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'redis', 'result backend')
    this.#supports = supportsOf(client.durability)
  }

  get supports(): ResultSupports {
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

  async put(records: readonly ResultRecord[], { signal }: Abortable = {}): Promise<readonly Failure[]> {
    await this.open({ signal })
    const failures: Failure[] = []
    const calls = [...this.#sharded(records, failures)].map(({ keys, records: part }) =>
      this.#client.run(PUT_SCRIPT, [keys.results, keys.resultEnds], [encodeResults(part), keys.finished]),
    )
    await race(Promise.all(calls), signal)
    return failures
  }

  async get(
    ids: readonly string[],
    { signal }: Abortable = {},
  ): Promise<readonly (ResultRecord | undefined)[]> {
    await this.open({ signal })
    return this.#read(ids, signal)
  }

  async swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null> {
    await this.open()
    if (next !== null) checkTtl(ttlMs)
    if (next !== null && next.length > MAX_VALUE_BYTES) throw tooLarge(`The value of key ${key}`, next.length)
    const { facts, factEnds } = this.#keysOf(key)
    const stored = await this.#client.run(
      SWAP_SCRIPT,
      [facts, factEnds],
      [
        key,
        expected === null ? 'absent' : 'equal',
        bytesOf(expected),
        next === null ? 'remove' : 'store',
        bytesOf(next),
        next === null ? 0 : ttlMs,
      ],
    )
    return stored === null ? null : Uint8Array.from(stored as Buffer)
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
    const keys = this.#keysOf(join)
    let count = 0
    for (let at = 0; at === 0 || at < positions.length; at += POSITIONS) {
      const part = positions.slice(at, at + POSITIONS)
      const reply = await this.#client.run(
        ARRIVE_SCRIPT,
        [keys.join(join), keys.joinEnds],
        [join, ttlMs, packPositions(part)],
      )
      const [arrived, over] = reply as [number, Buffer[]]
      count = arrived
      this.#forget(keys, over)
    }
    return count
  }

  async *watch(ids: readonly string[], { signal }: Abortable = {}): AsyncGenerator<ResultRecord> {
    await this.open({ signal })
    const watch = new ResultWatch({
      ids,
      signal,
      subscriber: this.#client.subscriber,
      topics: [...new Set(ids.map((id) => this.#keysOf(id).finished))],
      read: (rest) => {
        this.#tenancy.check()
        return this.#read(rest, signal)
      },
    })
    this.#watches.add(watch)
    try {
      yield* watch.records()
    } finally {
      this.#watches.delete(watch)
    }
  }

  /** Joins that are over: nobody waits for their end, and a failure leaves them for the next one to forget. */
  #forget(keys: ShardKeys, joins: readonly Buffer[]): void {
    for (const join of joins.map(String)) {
      this.#client.run(FORGET_SCRIPT, [keys.join(join), keys.joinEnds], [join]).catch(() => undefined)
    }
  }

  async #read(
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (ResultRecord | undefined)[]> {
    const found: (ResultRecord | undefined)[] = Array.from({ length: ids.length })
    const calls: Promise<void>[] = []
    for (const [keys, positions] of this.#byShard(ids)) {
      for (let at = 0; at < positions.length; at += CALL_ITEMS) {
        const part = positions.slice(at, at + CALL_ITEMS)
        const names = part.map((position) => ids[position]!)
        calls.push(
          this.#stored(keys, names).then((records) => {
            for (const [index, position] of part.entries()) found[position] = records[index]
          }),
        )
      }
    }
    await race(Promise.all(calls), signal)
    return found
  }

  /** By a plain command: a script that hands on so much would keep the server busy for three times as long. */
  async #stored(
    { results }: ShardKeys,
    names: readonly string[],
  ): Promise<readonly (ResultRecord | undefined)[]> {
    const [now, values] = await Promise.all([
      this.#client.run(NOW_SCRIPT, [results], []),
      this.#client.call('hmget', results, ...names),
    ])
    return decodeResults(names, values as readonly (Buffer | null)[], (now as Buffer).readDoubleBE())
  }

  #byShard(ids: readonly string[]): Map<ShardKeys, number[]> {
    const { prefix, shards } = this.#client
    const groups = new Map<number, number[]>()
    for (let position = 0; position < ids.length; position += 1) {
      const shard = shardOf(ids[position]!, shards)
      const group = groups.get(shard)
      if (group === undefined) groups.set(shard, [position])
      else group.push(position)
    }
    return new Map([...groups].map(([shard, positions]) => [shardKeys(prefix, shard), positions]))
  }

  /** The records that may be stored, by shard, in calls of bounded size and in their order. */
  *#sharded(
    records: readonly ResultRecord[],
    failures: Failure[],
  ): Generator<{ keys: ShardKeys; records: readonly ResultRecord[] }> {
    for (const record of records) checkTtl(record.ttlMs)
    for (const [keys, positions] of this.#byShard(records.map(({ id }) => id))) {
      let part: ResultRecord[] = []
      let bytes = 0
      for (const index of positions) {
        const record = records[index]!
        const size = record.value.length
        if (size > MAX_VALUE_BYTES) {
          failures.push({ index, error: tooLarge(`The result of ${record.id}`, size) })
          continue
        }
        if (part.length >= CALL_ITEMS || (part.length > 0 && bytes + size > CALL_BYTES)) {
          yield { keys, records: part }
          part = []
          bytes = 0
        }
        part.push(record)
        bytes += size
      }
      if (part.length > 0) yield { keys, records: part }
    }
  }

  #keysOf(name: string): ShardKeys {
    const { prefix, shards } = this.#client
    return shardKeys(prefix, shardOf(name, shards))
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    for (const watch of this.#watches) watch.look() // each looks once more and meets CLOSED
    await this.#tenancy.leave()
  }
}

function bytesOf(value: Uint8Array | null): Buffer {
  return value === null ? Buffer.alloc(0) : Buffer.from(value.buffer, value.byteOffset, value.length)
}

function supportsOf(durability: Durability): ResultSupports {
  return Object.freeze({ durability, watch: true, maxValueBytes: MAX_VALUE_BYTES, clockMs: 20 })
}
