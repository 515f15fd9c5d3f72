import type { Runtime, Timer } from '../contract/index.ts'
import { MemoryHeap } from './memory-heap.ts'

interface Entry<V> {
  readonly key: string
  value: V
  until: number
  /** The earliest moment at which the heap will look at this entry. */
  queuedAt: number
}

/** Slots of the heap that may belong to entries long gone before it is rebuilt. */
const SLACK = 1000

/**
 * A map whose entries leave by themselves once the runtime's monotonic clock reaches their end: one timer for all,
 * set for the next end, and a look at the clock on each access, so that a late timer shows nothing stale.
 */
export class ExpiringMap<V> {
  readonly #runtime: Runtime
  readonly #onExpired: (value: V) => void
  readonly #entries = new Map<string, Entry<V>>()
  readonly #ends = new MemoryHeap<{ readonly entry: Entry<V>; readonly at: number }>((a, b) => a.at - b.at)
  #timer: Timer | undefined
  #timerAt = Infinity

  constructor(runtime: Runtime, onExpired: (value: V) => void = () => undefined) {
    this.#runtime = runtime
    this.#onExpired = onExpired
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    this.sweep()
    return this.#entries.get(key)?.value
  }

  /** `until` is on the monotonic clock; `Infinity` = for good. An earlier end of the same key no longer counts. */
  set(key: string, value: V, until: number): void {
    let entry = this.#entries.get(key)
    if (entry === undefined) this.#entries.set(key, (entry = { key, value, until, queuedAt: Infinity }))
    entry.value = value
    entry.until = until
    this.#enqueue(entry)
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** Lets go of everything whose end has come. */
  sweep(): void {
    if ((this.#ends.peek()?.at ?? Infinity) <= this.#runtime.monotonic()) this.#expire()
  }

  #expire(): void {
    const now = this.#runtime.monotonic()
    while ((this.#ends.peek()?.at ?? Infinity) <= now) {
      const { entry } = this.#ends.pop()!
      if (this.#entries.get(entry.key) !== entry) continue
      if (entry.until > now) {
        entry.queuedAt = Infinity
        this.#enqueue(entry)
        continue
      }
      this.#entries.delete(entry.key)
      this.#onExpired(entry.value)
    }
    this.#arm()
  }

  #enqueue(entry: Entry<V>): void {
    if (entry.until >= entry.queuedAt) return // found too early there, it will be put off then
    entry.queuedAt = entry.until
    this.#ends.push({ entry, at: entry.until })
    if (this.#ends.size > 2 * this.#entries.size + SLACK) this.#rebuild()
    this.#arm()
  }

  #rebuild(): void {
    this.#ends.clear()
    for (const entry of this.#entries.values()) {
      entry.queuedAt = entry.until
      if (entry.until < Infinity) this.#ends.push({ entry, at: entry.until })
    }
  }

  #arm(): void {
    const at = this.#ends.peek()?.at ?? Infinity
    if (at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#runtime.setTimer(
      () => this.#ring(),
      Math.max(0, at - this.#runtime.monotonic()),
      true,
    )
  }

  #ring(): void {
    this.#timerAt = Infinity
    this.#expire()
  }
}
