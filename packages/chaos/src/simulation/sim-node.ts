import { createUuidV7 } from '@bananasjs/core/contract'
import type { Runtime, Timer } from '@bananasjs/core/contract'
import { seededRandom } from './seeded-random.ts'
import type { World } from './world.ts'

const START_AT = Date.UTC(2026, 0, 1)

export interface NodeOptions {
  readonly name: string
  readonly seed: number
  /** How much its wall clock is ahead. */
  readonly skewMs: number
  /** How fast its clocks go: 1 = right. */
  readonly rate: number
}

/**
 * One life of one simulated process: its own clocks, timers and chance. After `die` nothing of it happens any more; while
 * it is paused everything waits, as under SIGSTOP.
 */
export class SimNode {
  readonly name: string
  readonly runtime: Runtime
  readonly #world: World
  readonly #rank: number
  readonly #rate: number
  readonly #deaths = new Set<() => void>()
  #skewMs: number
  #alive = true
  #pausedUntil = 0

  constructor(world: World, { name, seed, skewMs, rate }: NodeOptions) {
    const random = seededRandom(seed)
    this.name = name
    this.#world = world
    this.#rank = random()
    this.#rate = rate
    this.#skewMs = skewMs
    const now = (): number => Math.floor(START_AT + world.now * rate + this.#skewMs)
    this.runtime = {
      now,
      monotonic: () => world.now * rate,
      setTimer: (callback, delayMs) => this.after(delayMs / this.#rate, callback),
      nextTurn: (callback) => void this.after(0, callback),
      random,
      id: createUuidV7(now, (bytes) => fill(bytes, random)),
    }
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Runs here, unless it is dead by then. */
  after(delayMs: number, callback: () => void): Timer {
    return this.#world.after(delayMs, () => this.#run(callback), this.#rank)
  }

  /** As by SIGKILL. */
  die(): void {
    if (!this.#alive) return
    this.#alive = false
    for (const tell of this.#deaths) tell()
    this.#deaths.clear()
  }

  /** Its connections end with it. Returns what stops the listening. */
  onDeath(tell: () => void): () => void {
    this.#deaths.add(tell)
    return () => void this.#deaths.delete(tell)
  }

  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#world.now + forMs)
  }

  /** Its wall clock jumps. */
  jump(byMs: number): void {
    this.#skewMs += byMs
  }

  #run(callback: () => void): void {
    if (!this.#alive) return
    if (this.#world.now < this.#pausedUntil)
      this.#world.after(this.#pausedUntil - this.#world.now, () => this.#run(callback), this.#rank)
    else callback()
  }
}

function fill(bytes: Uint8Array, random: () => number): void {
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = random() * 256
}
