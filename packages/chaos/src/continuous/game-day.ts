import { parseDuration } from '@bananasjs/core'
import { assignSites, bitesOf, inject } from '../experiment/injector.ts'
import { nameOf } from '../faults/armed-fault.ts'
import type { FaultSite } from '../faults/fault-site.ts'
import type { Audit } from '../safety/audit-log.ts'
import { maxDurationMs } from '../safety/permission.ts'
import type { GameDayEnd } from './chaos-events.ts'
import { confidenceOf } from './confidence.ts'
import type { ContinuousPlan, GameDay } from './continuous-plan.ts'
import { RollingWindow } from './rolling-window.ts'

export interface GameDaySetting {
  readonly plan: ContinuousPlan
  readonly day: GameDay
  readonly sites: readonly FaultSite[]
  readonly audit: Audit
  readonly target: number
  /** Monotonic ms. */
  readonly now: () => number
}

/** One game day from its first fault to its last. */
export class RunningGameDay {
  readonly day: GameDay
  /** What happens while it lasts. */
  readonly window: RollingWindow
  /** Resolves once nothing is left of its faults. */
  readonly ended: Promise<GameDayEnd>
  readonly #setting: GameDaySetting
  readonly #stop = new AbortController()
  readonly #injected: ReturnType<typeof assignSites>

  constructor(setting: GameDaySetting) {
    const { day, plan, sites, now } = setting
    this.#setting = setting
    this.day = day
    const lastsMs = lengthOf(day, plan)
    // Twice as long, so that nothing of the day slides out of it.
    this.window = new RollingWindow(lastsMs * 2, now)
    this.#injected = assignSites(day, sites)
    this.ended = this.#run(lastsMs)
  }

  get bites(): number {
    return this.#injected.reduce((sum, one) => sum + bitesOf(one).count, 0)
  }

  /** Idempotent: the first reason counts. */
  stop(reason: string): void {
    this.#stop.abort(reason)
  }

  async #run(injectMs: number): Promise<GameDayEnd> {
    const { plan, day, audit } = this.#setting
    const experiment = { method: day.method, seed: plan.seed, blast: plan.blast }
    await inject(
      { experiment, schedule: { injectMs, rampMs: 0 }, injected: this.#injected, audit },
      this.#stop.signal,
    )
    return this.#judged()
  }

  #judged(): GameDayEnd {
    const { signal } = this.#stop
    const confidence = confidenceOf({ ...this.window.read(), bites: this.bites }, this.#setting.target)
    if (signal.aborted) return { outcome: 'aborted', reason: String(signal.reason), confidence }
    const idle = this.#injected.find((one) => bitesOf(one).count === 0)
    if (idle !== undefined)
      return { outcome: 'inconclusive', reason: `the fault ${nameOf(idle.step)} never bit`, confidence }
    const { ended, succeeded, target } = confidence
    if (ended === 0) return { outcome: 'inconclusive', reason: 'no task ended meanwhile', confidence }
    const reason = `${succeeded} of ${ended} tasks succeeded`
    return { outcome: succeeded / ended >= target ? 'held' : 'deviated', reason, confidence }
  }
}

/** Milliseconds that a game day takes. */
export function lengthOf({ lasts }: GameDay, plan: ContinuousPlan): number {
  const mostMs = maxDurationMs(plan)
  return lasts === undefined ? mostMs : parseDuration(lasts, 'lasts')
}
