import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Bucket } from './nats-bucket.ts'

/** After so many lost races, whoever lost waits a little. */
const PATIENT_FROM = 2
const LONGEST_PAUSE_MS = 30

interface Arrival {
  readonly positions: readonly number[]
  readonly ttlMs: number
  readonly resolve: (count: number) => void
  readonly reject: (error: unknown) => void
}

/** Who has arrived: a bit for each, and the revision it was read at. */
interface Roll {
  readonly seq: number
  readonly bits: Uint8Array
}

/**
 * Joins as bitmaps: 1.25 kB for ten thousand members. Arrivals of this process that come while one is being written go
 * together in the next write, so a join takes as many writes as there are round trips, not as there are members.
 */
export class Joins {
  readonly #bucket: Bucket
  readonly #waiting = new Map<string, Arrival[]>()

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  arrive(key: string, positions: readonly number[], ttlMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const arrival = { positions, ttlMs, resolve, reject }
      const waiting = this.#waiting.get(key)
      if (waiting !== undefined) return void waiting.push(arrival)
      this.#waiting.set(key, [arrival])
      void this.#work(key)
    })
  }

  /** Until nobody waits. What was written last is known, and is not read again. */
  async #work(key: string): Promise<void> {
    let known: Roll | undefined
    for (;;) {
      const together = this.#waiting.get(key) ?? []
      if (together.length === 0) break
      this.#waiting.set(key, [])
      try {
        known = await this.#write(key, together, known)
      } catch (error) {
        known = undefined
        for (const { reject } of together) reject(error)
      }
    }
    this.#waiting.delete(key)
  }

  async #write(key: string, together: readonly Arrival[], known: Roll | undefined): Promise<Roll> {
    const { ttlMs } = together.at(-1)!
    for (let attempt = 0; ; attempt += 1) {
      const roll = attempt === 0 && known !== undefined ? known : await this.#read(key)
      const bits = roomFor(roll.bits, together)
      const counts = mark(bits, together)
      const seq = await this.#bucket.write(key, { value: bits, ttlMs, expected: roll.seq })
      if (seq !== undefined) {
        for (const [index, { resolve }] of together.entries()) resolve(counts[index]!)
        return { seq, bits }
      }
      if (attempt >= PATIENT_FROM)
        await sleep(systemRuntime, systemRuntime.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS))
    }
  }

  async #read(key: string): Promise<Roll> {
    const { seq, value = new Uint8Array(0) } = await this.#bucket.read(key)
    return { seq, bits: value }
  }
}

/** A copy that has a bit for each of them. */
function roomFor(bits: Uint8Array, together: readonly Arrival[]): Uint8Array {
  let last = -1
  for (const { positions } of together) for (const position of positions) last = Math.max(last, position)
  const copy = new Uint8Array(Math.max(bits.length, Math.floor(last / 8) + 1))
  copy.set(bits)
  return copy
}

/** @returns how many had arrived after each of them, in their order */
function mark(bits: Uint8Array, together: readonly Arrival[]): readonly number[] {
  let count = 0
  for (const byte of bits) count += ONES[byte]!
  return together.map(({ positions }) => {
    for (const position of positions) {
      const at = position >> 3
      const bit = 1 << (position & 7)
      if ((bits[at]! & bit) !== 0) continue
      bits[at]! |= bit
      count += 1
    }
    return count
  })
}

/** How many bits are set in a byte. */
const ONES: readonly number[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
)
