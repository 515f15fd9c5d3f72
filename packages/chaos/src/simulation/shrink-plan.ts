import { CALM } from './plan.ts'
import type { SimulationPlan } from './plan.ts'

/**
 * A smaller plan for which `fails` still holds: fewer faults, fewer tasks, a better network, fewer workers. Takes away
 * halves first and then single ones (after delta debugging, A. Zeller and R. Hildebrandt, 2002), and starts again until
 * nothing more can go. Ends, because each step makes the plan smaller.
 */
export async function shrinkPlan(
  plan: SimulationPlan,
  fails: (plan: SimulationPlan) => Promise<boolean>,
): Promise<SimulationPlan> {
  let best = plan
  for (;;) {
    const smaller = await firstThatFails(best, fails)
    if (smaller === undefined) return best
    best = smaller
  }
}

async function firstThatFails(
  plan: SimulationPlan,
  fails: (plan: SimulationPlan) => Promise<boolean>,
): Promise<SimulationPlan | undefined> {
  for (const smaller of smallerPlans(plan)) if (await fails(smaller)) return smaller
  return undefined
}

function* smallerPlans(plan: SimulationPlan): Generator<SimulationPlan> {
  for (const faults of without(plan.faults)) yield { ...plan, faults }
  for (const tasks of without(plan.tasks)) if (tasks.length > 0) yield { ...plan, tasks }
  yield* calmer(plan)
  if (plan.workers > 1) yield { ...plan, workers: plan.workers - 1 }
  if (plan.concurrency > 1) yield { ...plan, concurrency: 1 }
  for (const [index, task] of plan.tasks.entries()) {
    const { at, kind, runMs, failures, priority, delayMs } = task
    const plain = { at, kind, runMs, failures, priority, delayMs, readAt: [] }
    if (Object.keys(task).length > Object.keys(plain).length || task.readAt.length > 0)
      yield { ...plan, tasks: plan.tasks.with(index, plain) }
  }
}

function* calmer(plan: SimulationPlan): Generator<SimulationPlan> {
  const { rates } = plan
  const { up, down } = rates.lost
  if (up > 0) yield { ...plan, rates: { ...rates, lost: { up: 0, down } } }
  if (down > 0) yield { ...plan, rates: { ...rates, lost: { up, down: 0 } } }
  if (rates.twice > 0) yield { ...plan, rates: { ...rates, twice: 0 } }
  if (rates.slow > 0) yield { ...plan, rates: { ...rates, slow: 0 } }
  if (rates.latencyMs !== CALM.latencyMs) yield { ...plan, rates: { ...rates, latencyMs: CALM.latencyMs } }
}

/** The list without its halves, its quarters …, its single ones. */
function* without<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)]
}
