import type { Abortable, Failure, Resource } from './failure.ts'
import type { Durability } from './supports.ts'

/** `queued` starts a new life (redrive) and replaces anything; the four final states are never overwritten otherwise. */
export type ResultState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired'

export interface ResultRecord {
  readonly id: string
  readonly state: ResultState
  /** Opaque to the backend: core's record of attempt, times and value. */
  readonly value: Uint8Array
  /** The record may be forgotten this long after the write. */
  readonly ttlMs: number
}

export interface ResultSupports {
  readonly durability: Durability
  /** `watch` is present; otherwise core polls with backoff. */
  readonly watch: boolean
  readonly maxValueBytes: number
  /** Grain of expiry: a value may outlive its ttl by this much, never fall short of it. */
  readonly clockMs: number
}

/** Keeps what tasks returned, and the few shared facts that coordination needs. */
export interface ResultBackend extends Resource {
  readonly name: string
  readonly supports: ResultSupports

  /** Resolves once stored. A final state is never overwritten: such a record is dropped without failure. TOO_LARGE per record. */
  put(records: readonly ResultRecord[], options?: Abortable): Promise<readonly Failure[]>

  /** In the order of `ids`; `undefined` for what is unknown or expired. */
  get(ids: readonly string[], options?: Abortable): Promise<readonly (ResultRecord | undefined)[]>

  /**
   * The one compare-and-set: when the stored bytes equal `expected` (`null` = absent), stores `next` (`null` = removes)
   * for `ttlMs`. Returns what is stored afterwards, so a caller that reads back its own `next` has won.
   * `swap(key, x, x, ttl)` refreshes; `swap(key, null, null, 0)` reads. Atomic across processes. Keys are apart from result ids.
   */
  swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null>

  /** Marks positions (whole numbers, 0 to 2^20) of a join as arrived. Idempotent; returns how many distinct positions have arrived. */
  arrive(join: string, positions: readonly number[], ttlMs: number): Promise<number>

  /**
   * Yields the record of each id once it is final, also when it already is, each once; ends after the last.
   * Subscribes before it reads, so nothing falls between. Present exactly when `supports.watch`.
   */
  watch?(ids: readonly string[], options?: Abortable): AsyncIterable<ResultRecord>
}
