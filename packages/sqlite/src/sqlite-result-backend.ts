import { QueueError, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Durability,
  Failure,
  ResultBackend,
  ResultRecord,
  ResultSupports,
} from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { bytesOf } from './sqlite-database.ts'
import type { Gate } from './sqlite-gate.ts'
import { arrive } from './sqlite-joins.ts'
import { readResults } from './sqlite-read-results.ts'
import { watchResults } from './sqlite-result-watch.ts'

const MAX_VALUE_BYTES = 64 * 1024 * 1024
const MAX_POSITION = 2 ** 20
const BATCH = 1000
const BYTES_PER_COST = 8192

const PUT = `INSERT INTO bananas_results (id, state, expires_at, value) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, value = excluded.value
  WHERE excluded.state = 'queued' OR state IN ('queued', 'running') OR expires_at <= ?`
const GET_FACT = 'SELECT value FROM bananas_facts WHERE key = ? AND expires_at > ?'
const SET_FACT = 'INSERT OR REPLACE INTO bananas_facts (key, expires_at, value) VALUES (?, ?, ?)'
const DROP_FACT = 'DELETE FROM bananas_facts WHERE key = ?'

/** Times are kept as the moment of expiry; an expired row reads as absent and is swept later. */
export class SqliteResultBackend implements ResultBackend {
  readonly name = 'sqlite'
  readonly supports: ResultSupports
  readonly #client: SqliteClient
  readonly #tenancy: Tenancy
  #closing: Promise<void> | undefined
  readonly #watches = new Set<Gate>()

  constructor(client: SqliteClient, durability: Durability) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'sqlite', 'result backend')
    this.supports = Object.freeze({ durability, watch: true, maxValueBytes: MAX_VALUE_BYTES, clockMs: 20 })
  }

  open({ signal }: Abortable = {}): Promise<void> {
    return this.#tenancy.open(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async put(records: readonly ResultRecord[], { signal }: Abortable = {}): Promise<readonly Failure[]> {
    await this.#tenancy.open(signal)
    const failures: Failure[] = []
    for (const chunk of chunked(records, failures)) {
      await this.#client.write(() => this.#store(chunk.records), chunk.cost, signal)
      this.#client.notify(chunk.records.map(({ id }) => resultTopic(id)))
    }
    return failures
  }

  async get(
    ids: readonly string[],
    { signal }: Abortable = {},
  ): Promise<readonly (ResultRecord | undefined)[]> {
    await this.#tenancy.open(signal)
    return this.#read(ids, signal)
  }

  async swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null> {
    await this.#tenancy.open()
    if (next !== null) checkTtl(ttlMs)
    if (next !== null && next.length > MAX_VALUE_BYTES) throw tooLarge(`The value of key ${key}`, next.length)
    if (expected === null && next === null) return this.#client.read(() => this.#fact(key))
    return this.#client.write(() => {
      const stored = this.#fact(key)
      if (!equal(stored, expected)) return stored
      if (next === null) this.#client.prepare(DROP_FACT).run(key)
      else this.#client.prepare(SET_FACT).run(key, this.#client.after(ttlMs), next)
      return next === null ? null : Uint8Array.from(next)
    })
  }

  async arrive(join: string, positions: readonly number[], ttlMs: number): Promise<number> {
    await this.#tenancy.open()
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
    return this.#client.write(() => arrive(this.#client, join, positions, ttlMs), 1 + positions.length / 100)
  }

  async *watch(ids: readonly string[], { signal }: Abortable = {}): AsyncGenerator<ResultRecord> {
    await this.#tenancy.open(signal)
    const gate = this.#client.gate(ids.map(resultTopic))
    this.#watches.add(gate)
    const read = (rest: readonly string[]): Promise<readonly (ResultRecord | undefined)[]> => {
      this.#tenancy.check()
      return this.#read(rest, signal)
    }
    try {
      yield* watchResults({ ids, gate, read, signal })
    } finally {
      this.#watches.delete(gate)
    }
  }

  #store(records: readonly ResultRecord[]): void {
    const put = this.#client.prepare(PUT)
    const now = this.#client.now()
    for (const { id, state, ttlMs, value } of records)
      put.run(id, state, this.#client.after(ttlMs), value, now)
  }

  #read(
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (ResultRecord | undefined)[]> {
    return this.#client.read(() => readResults(this.#client, ids), signal)
  }

  #fact(key: string): Uint8Array | null {
    const row = this.#client.prepare(GET_FACT).get(key, this.#client.now()) as
      | { value: Uint8Array | null }
      | undefined
    return row === undefined ? null : bytesOf(row.value)
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    for (const gate of this.#watches) gate.close() // each looks once more and meets CLOSED
    await this.#tenancy.leave()
  }
}

function resultTopic(id: string): string {
  return `result:${id}`
}

interface Chunk {
  records: ResultRecord[]
  cost: number
}

function* chunked(records: readonly ResultRecord[], failures: Failure[]): Generator<Chunk> {
  let chunk: Chunk = { records: [], cost: 0 }
  for (const [index, record] of records.entries()) {
    if (record.value.length > MAX_VALUE_BYTES) {
      failures.push({ index, error: tooLarge(`The result of ${record.id}`, record.value.length) })
      continue
    }
    checkTtl(record.ttlMs)
    const cost = 1 + Math.floor(record.value.length / BYTES_PER_COST)
    if (chunk.records.length > 0 && chunk.cost + cost > BATCH) {
      yield chunk
      chunk = { records: [], cost: 0 }
    }
    chunk.records.push(record)
    chunk.cost += cost
  }
  if (chunk.records.length > 0) yield chunk
}

function checkTtl(ttlMs: number): void {
  if (!(ttlMs >= 0)) throw new QueueError('INVALID', `sqlite: ttlMs must be at least 0, not ${ttlMs}.`)
}

function tooLarge(what: string, bytes: number): QueueError {
  return new QueueError(
    'TOO_LARGE',
    `${what} has ${bytes} bytes, sqlite takes ${MAX_VALUE_BYTES}. Store it elsewhere and keep a reference.`,
  )
}

function equal(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && Buffer.compare(a, b) === 0
}
