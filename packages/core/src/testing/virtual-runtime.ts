import { createUuidV7 } from '../contract/index.ts'
import type { Runtime, Timer } from '../contract/index.ts'

/** A runtime whose time stands still until told to pass, and whose randomness comes from a seed. */
export interface VirtualRuntime extends Runtime {
  /** Lets `ms` pass: fires every timer due on the way, in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>
  /** Timers not yet fired. */
  readonly pending: number
}

interface Entry {
  readonly at: number
  readonly seq: number
  readonly callback: () => void
  cancelled: boolean
}

/** How often promises are given the floor between two timers. A chain longer than this settles with the next. */
const TURNS = 20

export function virtualRuntime(
  options: { readonly seed?: number; readonly startAt?: number } = {},
): VirtualRuntime {
  const random = mulberry32(options.seed ?? 1)
  const startAt = options.startAt ?? 1_700_000_000_000
  const timers = new Timers()
  const now = (): number => startAt + timers.elapsed
  const fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(random() * 256)
  }
  return {
    now,
    monotonic: () => timers.elapsed,
    setTimer: (callback, delayMs) => timers.set(callback, delayMs),
    nextTurn: (callback) => void timers.set(callback, 0),
    random,
    id: createUuidV7(now, fill),
    advance: (ms) => timers.advance(ms),
    get pending() {
      return timers.pending
    },
  }
}

class Timers {
  elapsed = 0
  #seq = 0
  #entries: Entry[] = []

  get pending(): number {
    return this.#entries.filter((entry) => !entry.cancelled).length
  }

  set(callback: () => void, delayMs: number): Timer {
    const at = this.elapsed + Math.max(0, delayMs)
    const entry: Entry = { at, seq: this.#seq++, callback, cancelled: false }
    this.#entries.push(entry)
    return { cancel: () => void (entry.cancelled = true) }
  }

  async advance(ms: number): Promise<void> {
    const until = this.elapsed + ms
    await settle()
    for (let next = this.#takeNext(until); next !== undefined; next = this.#takeNext(until)) {
      this.elapsed = Math.max(this.elapsed, next.at)
      next.callback()
      await settle()
    }
    this.elapsed = until
  }

  #takeNext(until: number): Entry | undefined {
    this.#entries = this.#entries.filter((entry) => !entry.cancelled)
    const [next] = this.#entries.toSorted((a, b) => a.at - b.at || a.seq - b.seq)
    if (next === undefined || next.at > until) return undefined
    this.#entries = this.#entries.filter((entry) => entry !== next)
    return next
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
  await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Mulberry32 (T. Ettinger, 2017): small, fast, good enough for tests; not for secrets. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
