import { isFinal, QueueError } from '../contract/index.ts'
import type { Abortable, Failure, ResultBackend, ResultRecord, ResultSupports } from '../contract/index.ts'
import type { MemoryStore } from './memory-store.ts'
import { watchRecords } from './memory-watch.ts'

const LAST_POSITION = 2 ** 20

/** Lost with the process. Values are copied on the way in and on the way out. */
export class MemoryResultBackend implements ResultBackend {
  readonly name = 'memory'
  readonly supports: ResultSupports
  readonly watch?: NonNullable<ResultBackend['watch']>
  readonly #store: MemoryStore
  readonly #closing = new AbortController()

  constructor(store: MemoryStore, supports: ResultSupports) {
    this.#store = store
    this.supports = supports
    if (supports.watch) {
      this.watch = (ids, options) => {
        const reading = { store, ids, closing: this.#closing.signal, signal: options?.signal }
        return watchRecords(reading, () => this.#check(options))
      }
    }
  }

  async open(options?: Abortable): Promise<void> {
    this.#check(options)
  }

  async put(records: readonly ResultRecord[], options?: Abortable): Promise<readonly Failure[]> {
    this.#check(options)
    const failures: Failure[] = []
    for (const [index, record] of records.entries()) {
      const error = this.#tooLarge(record.value, `The value of result ${record.id}`)
      if (error === undefined) this.#put(record)
      else failures.push({ index, error })
    }
    return failures
  }

  async get(ids: readonly string[], options?: Abortable): Promise<readonly (ResultRecord | undefined)[]> {
    this.#check(options)
    return ids.map((id) => {
      const record = this.#store.records.get(id)
      return record && copy(record)
    })
  }

  async swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null> {
    this.#check()
    const stored = this.#store.values.get(key) ?? null
    if (!same(stored, expected)) return stored && new Uint8Array(stored)
    if (next === null) {
      this.#store.values.delete(key)
      return null
    }
    const error = this.#tooLarge(next, `The value of key ${key}`)
    if (error !== undefined) throw error
    this.#store.values.set(key, new Uint8Array(next), this.#until(ttlMs))
    return new Uint8Array(next)
  }

  async arrive(join: string, positions: readonly number[], ttlMs: number): Promise<number> {
    this.#check()
    const wrong = positions.find(
      (position) => !Number.isInteger(position) || position < 0 || position > LAST_POSITION,
    )
    if (wrong !== undefined)
      throw new QueueError(
        'INVALID',
        `Join ${join}: a position is a whole number from 0 to ${LAST_POSITION}, not ${wrong}.`,
      )
    const arrived = this.#store.joins.get(join) ?? new Set()
    for (const position of positions) arrived.add(position)
    this.#store.joins.set(join, arrived, this.#until(ttlMs))
    return arrived.size
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new QueueError('CLOSED', 'This memory result backend was closed. Make a new transport.'),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #put(record: ResultRecord): void {
    const stored = this.#store.records.get(record.id)
    if (stored !== undefined && isFinal(stored.state) && record.state !== 'queued') return
    this.#store.records.set(record.id, copy(record), this.#until(record.ttlMs))
    if (isFinal(record.state))
      for (const tell of this.#store.watchers.get(record.id) ?? []) tell(copy(record))
  }

  #until(ttlMs: number): number {
    return this.#store.runtime.monotonic() + ttlMs
  }

  #tooLarge(value: Uint8Array, what: string): QueueError | undefined {
    const { maxValueBytes } = this.supports
    if (value.length <= maxValueBytes) return undefined
    return new QueueError(
      'TOO_LARGE',
      `${what} has ${value.length} bytes, memory takes ${maxValueBytes}. Store it elsewhere and return a reference.`,
    )
  }

  #check(options?: Abortable): void {
    this.#closing.signal.throwIfAborted()
    options?.signal?.throwIfAborted()
  }
}

function copy({ id, state, value, ttlMs }: ResultRecord): ResultRecord {
  return { id, state, value: new Uint8Array(value), ttlMs }
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0
}
