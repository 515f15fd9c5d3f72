import { PendingCall } from './pending-call.ts'
import type { CallOptions } from './pending-call.ts'
import type { LinkRates } from './plan.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

/** The network between one process and the store. Each call has a fate of its own, drawn from the seed. */
export class Link {
  /** How it behaves from now on. */
  rates: LinkRates
  readonly #world: World
  readonly #node: SimNode
  readonly #random: () => number
  #cutUntil = { up: 0, down: 0 }

  constructor(world: World, node: SimNode, { rates, random }: { rates: LinkRates; random: () => number }) {
    this.#world = world
    this.#node = node
    this.rates = rates
    this.#random = random
  }

  /** Nothing gets through, one way or both, for that long. */
  cut(way: 'up' | 'down' | 'both', forMs: number): void {
    const until = this.#world.now + forMs
    if (way !== 'down') this.#cutUntil = { ...this.#cutUntil, up: until }
    if (way !== 'up') this.#cutUntil = { ...this.#cutUntil, down: until }
  }

  heal(rates: LinkRates): void {
    this.rates = rates
    this.#cutUntil = { up: 0, down: 0 }
  }

  /**
   * Runs `effect` at the store, after a while, or never, or twice, and comes back with its answer, after a while, or
   * never. Of the dead nothing leaves any more.
   */
  call<T>(effect: (over: AbortSignal) => Promise<T>, options: CallOptions<T> = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#node.alive) return
      if (options.signal?.aborted) return reject(options.signal.reason)
      const call = new PendingCall<T>(this.#node, options, { resolve, reject })
      this.#travel('up', () => {
        const answering = effect(call.over)
        answering.then(
          (answer) => this.#travel('down', () => call.answer(answer)),
          (error: unknown) => this.#travel('down', () => call.fail(error)),
        )
      })
      if (options.repeatable === true && this.#random() < this.rates.twice)
        this.#travel('up', () => void effect(call.over).catch(() => undefined))
    })
  }

  #travel(way: 'up' | 'down', arrive: () => void): void {
    const { rates } = this
    const isLost = this.#world.now < this.#cutUntil[way] || this.#random() < rates.lost[way]
    const isSlow = this.#random() < rates.slow
    const delayMs = this.#random() * (isSlow ? rates.slowMs : rates.latencyMs)
    if (!isLost) this.#world.after(delayMs, arrive)
  }
}
