import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { Settler } from './nats-settler.ts'
import { ACK_WAIT_MS } from './nats-streams.ts'

/** Most tasks are settled before this, and their lease needs no word at all. */
const SOON_MS = ACK_WAIT_MS / 4
/** A delivery that stood in the buffer for longer has used up part of its lease. */
const STALE_MS = 50

/** Names the lease of what is still held after a while, before the server's own patience ends. */
export class Leases {
  readonly #settler: Settler
  readonly #leaseMs: number
  /** When each came, oldest first. */
  readonly #unnamed = new Map<string, number>()
  #timer: Timer | undefined

  constructor(settler: Settler, leaseMs: number) {
    this.#settler = settler
    this.#leaseMs = leaseMs
  }

  /** @param at when it came, by the monotonic clock */
  begin(receipt: string, at: number): void {
    if (this.#leaseMs < ACK_WAIT_MS || systemRuntime.monotonic() - at > STALE_MS)
      this.#settler.leaseSoon(receipt, this.#leaseMs)
    else {
      this.#unnamed.set(receipt, at)
      this.#timer ??= systemRuntime.setTimer(() => this.#name(), SOON_MS, true)
    }
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
    const now = systemRuntime.monotonic()
    for (const [receipt, at] of this.#unnamed) {
      const ageMs = now - at
      if (ageMs < SOON_MS / 2) break
      this.#unnamed.delete(receipt)
      this.#settler.leaseSoon(receipt, this.#leaseMs - ageMs)
    }
    if (this.#unnamed.size > 0) this.#timer = systemRuntime.setTimer(() => this.#name(), SOON_MS, true)
  }
}
