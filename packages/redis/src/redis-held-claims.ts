import { systemRuntime } from '@bananasjs/core/contract'
import type { Claim, Operation } from './redis-turn.ts'
import { claimOf } from './redis-turn.ts'

interface Held extends Claim {
  /** Deliveries that were not settled by this consumer. */
  left: number
  /** Monotonic ms at which the last lease of the claim ends. */
  until: number
}

/** Above this, claims whose leases are over are forgotten: others may have settled what came with them. */
const MANY = 1000

/** What a consumer holds, counted per claim: an entry per message would cost as much as the rest of receiving it. */
export class HeldClaims {
  readonly #claims = new Map<number, Held>()

  add(number: number, claim: Claim, deliveries: number): void {
    if (deliveries === 0) return
    if (this.#claims.size > MANY) this.#forgetExpired()
    this.#claims.set(number, { ...claim, left: deliveries, until: systemRuntime.monotonic() + claim.leaseMs })
  }

  /** All but those at the positions `stale` have left our hands. */
  settled(operations: readonly Operation[], stale: readonly number[], nonce: string): void {
    const lost = stale.length === 0 ? undefined : new Set(stale)
    for (let position = 0; position < operations.length; position += 1) {
      if (lost?.has(position) === true) continue
      const number = claimOf(operations[position]!.receipt, nonce)
      if (number === undefined) continue
      const claim = this.#claims.get(number)
      if (claim === undefined) continue
      claim.left -= 1
      if (claim.left <= 0) this.#claims.delete(number)
    }
  }

  extended(receipts: readonly string[], leaseMs: number, nonce: string): void {
    const until = systemRuntime.monotonic() + leaseMs
    for (const receipt of receipts) {
      const claim = this.#claims.get(claimOf(receipt, nonce) ?? -1)
      if (claim !== undefined) claim.until = Math.max(claim.until, until)
    }
  }

  /** Newest first: put back in this order, the oldest stands in front again. */
  takeAll(): readonly Claim[] {
    const claims = [...this.#claims.values()].toReversed()
    this.#claims.clear()
    return claims
  }

  #forgetExpired(): void {
    const now = systemRuntime.monotonic()
    for (const [number, { until }] of this.#claims) if (until < now) this.#claims.delete(number)
  }
}
