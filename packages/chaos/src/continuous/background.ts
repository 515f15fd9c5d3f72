import { assignSites, bitesOf, undoAll } from '../experiment/injector.ts'
import type { Injected } from '../experiment/injector.ts'
import { nameOf } from '../faults/armed-fault.ts'
import type { FaultSite } from '../faults/fault-site.ts'
import { monotonicMs } from '../experiment/facts.ts'
import type { Audit } from '../safety/audit-log.ts'
import type { ContinuousPlan } from './continuous-plan.ts'

/** Each fault ends by itself after this long without a word from here. */
const TERM_MS = 10_000

/** The faults that are there all the time: armed, kept, and taken away as one. */
export class Background {
  readonly #plan: ContinuousPlan
  readonly #sites: readonly FaultSite[]
  readonly #audit: Audit
  #armed: readonly Injected[] = []
  /** Of those that were taken away. */
  #bites = 0

  /** @throws QueueError INVALID for a fault that nothing here takes */
  constructor(plan: ContinuousPlan, sites: readonly FaultSite[], audit: Audit) {
    assignSites({ method: plan.background }, sites)
    this.#plan = plan
    this.#sites = sites
    this.#audit = audit
  }

  get bites(): number {
    return this.#armed.reduce((sum, one) => sum + bitesOf(one).count, this.#bites)
  }

  async arm(): Promise<void> {
    if (this.#armed.length > 0) return
    const armed = assignSites({ method: this.#plan.background }, this.#sites)
    this.#armed = armed
    for (const [at, one] of armed.entries()) {
      await this.#arm(one, at)
      if (this.#armed === armed) continue
      // Taken away meanwhile: this one came too late for that.
      return undoAll({ injected: [one], audit: this.#audit })
    }
  }

  /** Somebody is still here. */
  keep(): void {
    for (const { injection } of this.#armed) injection?.prolong(TERM_MS)
  }

  /** Resolves once nothing is left of them. Idempotent. */
  async disarm(): Promise<void> {
    const over = this.#armed
    this.#armed = []
    await undoAll({ injected: over, audit: this.#audit })
    for (const one of over) this.#bites += bitesOf(one).count
  }

  async #arm(one: Injected, at: number): Promise<void> {
    const { site, step } = one
    const { seed = 1, blast } = this.#plan
    this.#audit('arm', { fault: step, site: site.name, targets: site.targets(step) })
    one.armedAt = monotonicMs()
    try {
      one.injection = await site.arm(step, { forMs: TERM_MS, seed: seed + at, blast })
    } catch (error) {
      one.error = error instanceof Error ? error.message : String(error)
      this.#audit('not armed', { fault: nameOf(step), error: one.error })
    }
  }
}
