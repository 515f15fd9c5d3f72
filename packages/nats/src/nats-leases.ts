import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer, TurnoverMap } from '@bananasjs/core/contract'
import type { Held, Settler } from './nats-settler.ts'

/** A server with less patience is told of each lease at once. */
const HASTY_MS = 2000
/** Most tasks are settled within this part of the server's patience, and their lease needs no word at all. */
const SOON = 4
/** A delivery that stood in the buffer for longer has used up part of its lease. */
const STALE_MS = 50

/** Names the lease of what is still held after a while, before the server's own patience ends. */
export class Leases {
  readonly #settler: Settler
  readonly #leaseMs: number
  readonly #held: TurnoverMap<string, Held>
  #patienceMs = 0
  #timer: Timer | undefined

  /** @param held what the consumer was given and has not settled */
  constructor(settler: Settler, leaseMs: number, held: TurnoverMap<string, Held>) {
    this.#settler = settler
    this.#leaseMs = leaseMs
    this.#held = held
  }

  /** How long the server lets a delivery go unheard of. */
  set patienceMs(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** @param now by the monotonic clock */
  begin(one: Held, now: number): void {
    const hasty = this.#patienceMs < HASTY_MS || this.#leaseMs < this.#patienceMs
    const stale = now - one.at > STALE_MS
    one.named = hasty || stale || this.#leaseMs === this.#patienceMs
    if (stale || (hasty && this.#leaseMs !== this.#patienceMs))
      this.#settler.leaseSoon(one.receipt, this.#leaseMs)
    if (!one.named) this.#timer ??= systemRuntime.setTimer(() => this.#name(), this.#patienceMs / SOON, true)
  }

  close(): void {
    this.#timer?.cancel()
  }

  #name(): void {
    this.#timer = undefined
    const soonMs = this.#patienceMs / SOON
    const now = systemRuntime.monotonic()
    let young = false
    for (const one of this.#held.values()) {
      if (one.named) continue
      const ageMs = now - one.at
      if (ageMs < soonMs / 2) {
        young = true
        continue
      }
      one.named = true
      this.#settler.leaseSoon(one.receipt, this.#leaseMs - ageMs)
    }
    if (young) this.#timer = systemRuntime.setTimer(() => this.#name(), soonMs, true)
  }
}
