import type { Delivery } from '../contract/message.ts'
import type { Source } from './source.ts'

export interface FetchLoopOptions {
  readonly sources: readonly Source[]
  /** Always prefer earlier sources, instead of by weight. */
  readonly strict: boolean
  /** How many deliveries there is room for now. */
  readonly room: () => number
  readonly accept: (source: Source, deliveries: readonly Delivery[]) => void
}

/** How long one receive waits at the broker. Long enough to cost nothing, short enough to notice a dead connection. */
const WAIT_MS = 5000

/**
 * Asks the broker for exactly as much as there is room for. One queue: a plain loop of waiting receives. Several:
 * polls in order of strictness or weight while any has work, and when all are empty waits on all at once.
 */
export class FetchLoop {
  readonly #options: FetchLoopOptions
  readonly #stop = new AbortController()
  readonly #credit = new Map<Source, number>()
  #wake: (() => void) | undefined
  #current = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: FetchLoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** There may be more room now. */
  notify(): void {
    this.#wake?.()
  }

  /** Ends the waiting receive, so that a pause or resume takes effect at once. */
  interrupt(): void {
    this.#current.abort()
    this.notify()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.interrupt()
    await this.#running
  }

  async #run(): Promise<void> {
    const { room, sources } = this.#options
    while (!this.#stop.signal.aborted) {
      const max = room()
      const open = sources.filter((source) => !source.paused)
      if (max <= 0 || open.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      this.#current = new AbortController()
      if (open.length === 1) await this.#receive(open[0]!, max, WAIT_MS)
      else if (!(await this.#poll(open, max))) await this.#waitOnAll(open, room())
    }
  }

  async #receive(source: Source, max: number, waitMs: number): Promise<number> {
    const deliveries = await source.receive(max, waitMs, this.#current.signal)
    if (deliveries.length > 0) this.#options.accept(source, deliveries)
    return deliveries.length
  }

  /** One round over the queues that may have work; true when any had. */
  async #poll(open: readonly Source[], max: number): Promise<boolean> {
    let found = 0
    // Room that a queue known to be empty would leave is for the others.
    const worth = open.filter((source) => source.worthPolling)
    for (const source of this.#order(open)) {
      const left = Math.min(max - found, this.#options.room())
      if (left <= 0 || this.#current.signal.aborted) break
      if (!source.worthPolling) continue
      const got = await this.#receive(source, this.#share(source, worth, left), 0)
      found += got
      if (got > 0 && this.#options.strict) break
    }
    return found > 0
  }

  /** Strict takes all there is room for; by weight, a source gets its share of the room, at least one. */
  #share(source: Source, worth: readonly Source[], room: number): number {
    if (this.#options.strict) return room
    const total = worth.reduce((sum, one) => sum + one.weight, 0)
    return Math.max(1, Math.ceil((room * source.weight) / total))
  }

  /**
   * Smooth weighted round robin (as in nginx): each round every source gains its weight, the richest goes first and
   * pays the total. Nobody starves.
   */
  #order(open: readonly Source[]): readonly Source[] {
    if (this.#options.strict) return open
    let total = 0
    for (const source of open) {
      this.#credit.set(source, (this.#credit.get(source) ?? 0) + source.weight)
      total += source.weight
    }
    const order = [...open].sort((a, b) => this.#credit.get(b)! - this.#credit.get(a)!)
    this.#credit.set(order[0]!, this.#credit.get(order[0]!)! - total)
    return order
  }

  async #waitOnAll(open: readonly Source[], room: number): Promise<void> {
    const max = Math.max(1, Math.floor(room / open.length))
    const round = this.#current
    await Promise.all(
      open.map(async (source) => {
        const got = await this.#receive(source, max, WAIT_MS)
        if (got > 0) round.abort()
      }),
    )
  }
}
