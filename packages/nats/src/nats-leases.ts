import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { Settler } from './nats-settler.ts'

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
  /** When each came, oldest first. */
  readonly #unnamed = new Map<string, number>()
  #patienceMs = 0
  #timer: Timer | undefined

  constructor(settler: Settler, leaseMs: number) {
    this.#settler = settler
    this.#leaseMs = leaseMs
  }

  /** How long the server lets a delivery go unheard of. */
  set patienceMs(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** @param at when it came, by the monotonic clock */
  begin(receipt: string, at: number): void {
    const hasty = this.#patienceMs < HASTY_MS || this.#leaseMs < this.#patienceMs
    const stale = systemRuntime.monotonic() - at > STALE_MS
    if (this.#leaseMs === this.#patienceMs && !stale) return
    if (hasty || stale) return this.#settler.leaseSoon(receipt, this.#leaseMs)
    this.#unnamed.set(receipt, at)
    this.#timer ??= systemRuntime.setTimer(() => this.#name(), this.#patienceMs / SOON, true)
  }

  forget(receipt: string): void {
    this.#unnamed.delete(receipt)
  }

  close(): void {
    this.#timer?.cancel()
    this.#unnamed.clear()
  }

  #name(): void {
    this.#timer = undefined
    const soonMs = this.#patienceMs / SOON
    const now = systemRuntime.monotonic()
    for (const [receipt, at] of this.#unnamed) {
      const ageMs = now - at
      if (ageMs < soonMs / 2) break
      this.#unnamed.delete(receipt)
      this.#settler.leaseSoon(receipt, this.#leaseMs - ageMs)
    }
    if (this.#unnamed.size > 0) this.#timer = systemRuntime.setTimer(() => this.#name(), soonMs, true)
  }
}
