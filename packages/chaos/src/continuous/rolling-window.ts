/** What is counted. */
export type Tally = Readonly<Record<'succeeded' | 'failed' | 'dead' | 'bites', number>>

const NOTHING: Tally = { succeeded: 0, failed: 0, dead: 0, bites: 0 }
const SLOTS = 60

/** Counts of the last so many milliseconds, in sixty slots, however much there is to count. */
export class RollingWindow {
  readonly #slotMs: number
  readonly #now: () => number
  readonly #slots = new Map<number, Record<keyof Tally, number>>()

  /** @param now milliseconds that never jump */
  constructor(windowMs: number, now: () => number) {
    this.#slotMs = Math.max(1, windowMs / SLOTS)
    this.#now = now
  }

  add(what: keyof Tally, count: number = 1): void {
    if (count === 0) return
    const slot = this.#current()
    let counts = this.#slots.get(slot)
    if (counts === undefined) {
      this.#forget(slot)
      this.#slots.set(slot, (counts = { ...NOTHING }))
    }
    counts[what] += count
  }

  read(): Tally {
    this.#forget(this.#current())
    const sum = { ...NOTHING }
    for (const counts of this.#slots.values())
      for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += counts[name]
    return sum
  }

  #current(): number {
    return Math.floor(this.#now() / this.#slotMs)
  }

  #forget(current: number): void {
    for (const slot of this.#slots.keys()) if (slot <= current - SLOTS) this.#slots.delete(slot)
  }
}
