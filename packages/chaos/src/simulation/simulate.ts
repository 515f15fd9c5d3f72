import type { Plugin } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { Transport } from '@bananasjs/core/contract'
import { checkHistory } from '../checker/check-history.ts'
import type { Judgement } from '../checker/findings.ts'
import type { Promised } from '../checker/promised.ts'
import type { HistoryEvent } from '../history/history-event.ts'
import { drawPlan } from './draw-plan.ts'
import type { SimulationPlan } from './plan.ts'
import { Simulation } from './simulation.ts'

export interface SimulateOptions {
  /** Puts something else between the store and everybody: another broker's manners, or a mistake that shall be found. */
  readonly wrap?: (transport: Transport) => Transport
  /** Further plugins of each worker, outside of what is recorded: a part of the runtime with a mistake of its own. */
  readonly plugins?: () => readonly Plugin[]
}

export interface SimulatedRun {
  readonly plan: SimulationPlan
  readonly events: readonly HistoryEvent[]
  readonly judgement: Judgement
  /** Why it failed, in short: ids of the broken invariants, and `stuck` when something had not ended in virtual minutes. */
  readonly failures: readonly string[]
  /** How much happened in virtual time. */
  readonly steps: number
}

/** The plan itself, or the seed of one. Runs core and the in-memory broker in virtual time, and judges what happened. */
export async function simulate(
  what: number | SimulationPlan,
  options: SimulateOptions = {},
): Promise<SimulatedRun> {
  const plan = typeof what === 'number' ? drawPlan(what) : what
  await warm()
  const simulation = new Simulation(plan, options)
  const { events, stuck, steps } = await simulation.run()
  const judgement = checkHistory(events, promisedOf(plan))
  const broken = judgement.findings.filter(({ outcome }) => outcome === 'violated').map(({ id }) => id)
  return { plan, events, judgement, failures: [...broken, ...(stuck ? ['stuck'] : [])], steps }
}

/** What a run in the simulation is promised. */
function promisedOf({ faults }: SimulationPlan): Promised {
  const skews = faults.map((fault) => (fault.kind === 'skew' ? Math.abs(fault.byMs) : 0))
  return {
    ordered: 'queue',
    // Clocks that go wrong by half a percent, over the longest delay there is.
    clockMs: 20,
    skewMs: skews.reduce((sum, skew) => sum + skew, 0) + 100,
    admissionMs: 1500,
  }
}

let warming: Promise<void> | undefined

/** Core loads what a worker needs when the first one starts: that happens in real time, so it must not happen in a run. */
function warm(): Promise<void> {
  warming ??= (async () => {
    const { Bananas } = await import('@bananasjs/core')
    const app = new Bananas({ transport: memory({ store: memoryStore() }) })
    await app.worker({ signals: [] }).start()
    await app.close()
  })()
  return warming
}
