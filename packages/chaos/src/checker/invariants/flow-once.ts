import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** A step of a workflow runs after the steps it waits for, is given their results in their order, and runs once. */
export const flowOnce: Invariant = {
  id: 'I11',
  title: 'a workflow runs each step once, after those it waits for',
  scope: 'flow',
  kinds: ['plan', 'start', 'end', 'gathered'],
  undecidable: (_promised, { kinds }) => (kinds.has('plan') ? undefined : 'no workflow was recorded'),
  judge,
}

interface Step {
  readonly plan: EventOf<'plan'>
  started: boolean
  done: EventOf<'end'> | undefined
}

function judge(bench: Bench): Judge {
  const { breach, circumstances } = bench
  const steps = new Map<string, Step>()
  const ended = new Map<string, EventOf<'end'> | undefined>()
  return seeing(
    {
      plan(event) {
        steps.set(event.task, { plan: event, started: false, done: undefined })
        for (const task of event.after) if (!ended.has(task)) ended.set(task, undefined)
      },
      start(event) {
        const step = steps.get(event.task)
        if (step === undefined) return
        step.started = true
        const missing = step.plan.after.find((task) => ended.get(task) === undefined)
        if (missing !== undefined) breach(`${event.task} ran before ${missing} had ended`, [step.plan, event])
      },
      end(event) {
        if (event.outcome === 'aborted') return
        if (ended.has(event.task)) ended.set(event.task, event)
        const step = steps.get(event.task)
        if (step === undefined || event.outcome !== 'done') return
        if (step.done !== undefined && !circumstances.broken(['broker', 'process'], step.done.at, event.at))
          breach(`${event.task} was done twice, and nothing was broken`, [step.plan, step.done, event])
        step.done ??= event
      },
      gathered(event) {
        const step = steps.get(event.task)
        if (step === undefined || step.plan.after.join('\n') === event.from.join('\n')) return
        breach(`${event.task} was given the results of ${event.from.join(', ') || 'nobody'}`, [
          step.plan,
          event,
        ])
      },
    },
    () => {
      for (const step of steps.values()) if (!step.started) neverRan(bench, step, ended)
    },
  )
}

/** Whoever it waits for has ended, and nothing is on its way any more. */
function neverRan(
  { breach, circumstances }: Bench,
  { plan }: Step,
  ended: ReadonlyMap<string, EventOf<'end'> | undefined>,
): void {
  const ends = plan.after.map((task) => ended.get(task))
  const count = [...circumstances.counts.values()][0]
  if (circumstances.drained !== true || ends.some((end) => end?.outcome !== 'done')) return
  breach(`${plan.task} never ran, though all it waits for was done`, [
    plan,
    ...ends.map((end) => end!),
    count!,
  ])
}
