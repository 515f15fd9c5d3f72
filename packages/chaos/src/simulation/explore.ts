import type { SimulationPlan } from './plan.ts'
import { reachedIn } from './reached.ts'
import type { Landmark } from './reached.ts'
import { shrinkPlan } from './shrink-plan.ts'
import { simulate } from './simulate.ts'
import type { SimulatedRun, SimulateOptions } from './simulate.ts'

export interface ExploreOptions extends SimulateOptions {
  /** The first seed. */
  readonly from: number
  readonly count: number
  /** Failures after which the search ends. Default 1. */
  readonly failures?: number
  readonly signal?: AbortSignal
}

export interface Failing {
  readonly seed: number
  readonly failures: readonly string[]
}

export interface Exploration {
  /** Schedules that were run. */
  readonly runs: number
  readonly events: number
  readonly failing: readonly Failing[]
  /** In how many runs each landmark was reached: what was never reached was never tested. */
  readonly reached: Readonly<Record<Landmark, number>>
}

/** Runs one seed after the other, in this thread. */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { from, count, failures = 1, signal } = options
  const failing: Failing[] = []
  const reached: Record<string, number> = {}
  let runs = 0
  let events = 0
  while (runs < count && failing.length < failures) {
    signal?.throwIfAborted()
    const seed = from + runs
    const run = await simulate(seed, options)
    runs += 1
    events += run.events.length
    for (const [landmark, isReached] of Object.entries(reachedIn(run.events)))
      reached[landmark] = (reached[landmark] ?? 0) + Number(isReached)
    if (run.failures.length > 0) failing.push({ seed, failures: run.failures })
  }
  return { runs, events, failing, reached: reached as Exploration['reached'] }
}

/** The run of a failing seed, made as small as it can be while it still fails in the same way. */
export async function smallest(seed: number, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const run = await simulate(seed, options)
  const wanted = run.failures[0]
  if (wanted === undefined) return run
  const fails = async (plan: SimulationPlan): Promise<boolean> =>
    (await simulate(plan, options)).failures.includes(wanted)
  return simulate(await shrinkPlan(run.plan, fails), options)
}
