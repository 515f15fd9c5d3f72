import type { Runtime, Timer } from '../runtime/runtime.ts'
import { createUuidV7 } from '../runtime/uuid-v7.ts'

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

export function virtualRuntime(options: { readonly seed?: number; readonly startAt?: number } = {}): VirtualRuntime {
  const random = mulberry32(options.seed ?? 1)
  const startAt = options.startAt ?? 1_700_000_000_000
  let elapsed = 0
  let seq = 0
  let entries: Entry[] = []
  const now = (): number => startAt + elapsed

  function setTimer(callback: () => void, delayMs: number): Timer {
    const entry: Entry = { at: elapsed + Math.max(0, delayMs), seq: seq++, callback, cancelled: false }
    entries.push(entry)
    return { cancel: () => void (entry.cancelled = true) }
  }

  function takeNext(until: number): Entry | undefined {
    entries = entries.filter((entry) => !entry.cancelled)
    const next = entries.reduce<Entry | undefined>((best, entry) => (best === undefined || entry.at < best.at || (entry.at === best.at && entry.seq < best.seq) ? entry : best), undefined)
    if (next === undefined || next.at > until) return undefined
    entries = entries.filter((entry) => entry !== next)
    return next
  }

  async function advance(ms: number): Promise<void> {
    const until = elapsed + ms
    await settle()
    for (let next = takeNext(until); next !== undefined; next = takeNext(until)) {
      elapsed = Math.max(elapsed, next.at)
      next.callback()
      await settle()
    }
    elapsed = until
  }

  return {
    now,
    monotonic: () => elapsed,
    setTimer,
    nextTurn: (callback) => void setTimer(callback, 0),
    random,
    id: createUuidV7(now, (bytes) => {
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(random() * 256)
    }),
    advance,
    get pending() {
      return entries.filter((entry) => !entry.cancelled).length
    },
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
