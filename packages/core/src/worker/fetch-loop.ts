import type { Delivery } from '../contract/message.ts'
import { race } from '../contract/race.ts'
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
/** A look at a queue that was empty asks for this part of its share: the rest is for those that have work. */
const LOOK_PART = 4

/**
 * Asks the broker for exactly as much as there is room for. One queue: a plain loop of waiting receives. Several:
 * polls in order of strictness or weight while any has work, and when all are empty waits on all at once.
 */
export class FetchLoop {
  readonly #options: FetchLoopOptions
  readonly #stop = new AbortController()
  readonly #credit = new Map<Source, number>()
  readonly #looks = new Map<Source, Promise<number>>()
  /** What the looks may bring. */
  #lookedFor = 0
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
        await this.#moreRoom()
        continue
      }
      if (this.#current.signal.aborted) this.#current = new AbortController()
      if (open.length > 1) {
        if (!(await this.#poll(open, max))) await this.#waitOnAll(open, room() - this.#lookedFor)
      } else if (!(await this.#looked())) await this.#receive(open[0]!, max, WAIT_MS)
    }
    await Promise.all(this.#looks.values())
  }

  #moreRoom(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  // oxlint-disable-next-line max-params -- a receive is a source and what is asked of it; the signal is mostly the same
  async #receive(
    source: Source,
    max: number,
    waitMs: number,
    signal: AbortSignal = this.#current.signal,
  ): Promise<number> {
    const deliveries = await source.receive(max, waitMs, signal)
    if (deliveries.length > 0) this.#options.accept(source, deliveries)
    return deliveries.length
  }

  /** One round over the queues that may have work; true when any had, or when there was no room to find out. */
  async #poll(open: readonly Source[], max: number): Promise<boolean> {
    // Room that a queue known to be empty would leave is for the others.
    const worth = open.filter((source) => source.worthPolling && !this.#looks.has(source))
    let found = 0
    for (const source of this.#order(open).filter((one) => worth.includes(one))) {
      const left = Math.min(max - found, this.#options.room()) - this.#lookedFor
      if (this.#current.signal.aborted) break
      if (left <= 0) return this.#crowded(found)
      const share = this.#share(source, worth, left)
      if (this.#mayLook(source, left)) this.#look(source, Math.ceil(share / LOOK_PART))
      else found += await this.#receive(source, share, 0)
      if (found > 0 && this.#options.strict) break
    }
    return found > 0
  }

  /** All the room there is may be for looks that are under way: then more room is as good as an answer. */
  async #crowded(found: number): Promise<boolean> {
    if (found === 0 && this.#looks.size > 0) await Promise.race([this.#looked(), this.#moreRoom()])
    return true
  }

  /** Strictly, an earlier queue must have answered before a later one is asked. */
  #mayLook(source: Source, room: number): boolean {
    return !this.#options.strict && !source.hadWork && room > 1
  }

  /**
   * Asks a queue that was empty before. An answer may take a way to the server and back, and a queue that has work does not
   * wait for it.
   */
  #look(source: Source, max: number): void {
    this.#lookedFor += max
    const look = this.#receive(source, max, 0).finally(() => {
      this.#lookedFor -= max
      this.#looks.delete(source)
    })
    this.#looks.set(source, look)
  }

  /** True as soon as one of the looks under way has found something, false when all of them have come back empty. */
  #looked(): Promise<boolean> {
    const finds = [...this.#looks.values()].map(async (look) => {
      if ((await look) === 0) throw new Error('empty')
      return true
    })
    return Promise.any(finds).catch(() => false)
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

  /** Ends when any of them has something, the looks under way included. */
  async #waitOnAll(open: readonly Source[], room: number): Promise<void> {
    const max = Math.max(1, Math.floor(room / open.length))
    const round = new AbortController()
    const ended = AbortSignal.any([this.#current.signal, round.signal])
    await Promise.all(
      open.map(async (source) => {
        const looked = await race(this.#looks.get(source) ?? NOTHING, ended).catch(() => 0)
        const got = looked > 0 || ended.aborted ? looked : await this.#receive(source, max, WAIT_MS, ended)
        if (got > 0) round.abort()
      }),
    )
  }
}

const NOTHING = Promise.resolve(0)
