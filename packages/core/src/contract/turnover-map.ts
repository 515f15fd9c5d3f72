/** So many were put in since the last turn: time for another. */
const TURN = 1024
/** So many, and the turn comes though the older map still holds something. */
const LATEST_TURN = 4 * TURN

/**
 * A map for entries that come and go by the hundred thousand, most of them after milliseconds, as what a consumer holds.
 * V8 keeps the tables of one `Map` in a chain, each of which keeps the next one alive: once the first is old, whatever passes
 * through outlives its time, and the collector does twice the work. Here a map is young for a few thousand entries,
 * then empties itself, and is let go.
 */
export class TurnoverMap<K, V> {
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  #added = 0

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  set(key: K, value: V): void {
    this.#added += 1
    if (this.#added > TURN && (this.#old.size === 0 || this.#added > LATEST_TURN)) this.#turn()
    this.#old.delete(key)
    this.#young.set(key, value)
  }

  delete(key: K): boolean {
    return this.#young.delete(key) || this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#added = 0
  }

  /** In no order. */
  *entries(): Generator<[K, V]> {
    yield* this.#old
    yield* this.#young
  }

  /** In no order. */
  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value
  }

  #turn(): void {
    const left = this.#old
    this.#old = this.#young
    this.#young = new Map(left)
    this.#added = 0
  }
}
