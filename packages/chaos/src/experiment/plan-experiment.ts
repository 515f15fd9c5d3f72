import { parseDuration, QueueError } from '@bananasjs/core'
import { nameOf } from '../faults/armed-fault.ts'
import { layerOf } from '../faults/catalog.ts'
import type { FaultKind } from '../faults/fault.ts'
import { matches } from '../faults/matches.ts'
import { inBlastRadius } from '../safety/blast-radius.ts'
import { checkPermission, environmentOf } from '../safety/permission.ts'
import type { Surroundings } from '../safety/permission.ts'
import { checkExperiment } from './check-experiment.ts'
import type { Experiment, Step } from './experiment.ts'
import { faultOf } from './injector.ts'
import { loadProfile } from './load-profile.ts'
import { describeExpectation } from './measures.ts'
import { scheduleOf } from './schedule-of-run.ts'
import type { RunSchedule } from './schedule-of-run.ts'
import type { Stage } from './stage.ts'
import { CONTROL_QUEUE, work, WORK_QUEUE } from './work.ts'

/** What a run would do, without any of it. */
export interface Plan {
  readonly title: string
  readonly environment: string
  /** Why it would not be started here; absent when it would. */
  readonly refused?: string | undefined
  readonly stage: string
  readonly schedule: RunSchedule
  /** Tasks that are sent in all, and how many of them go past the faults. */
  readonly tasks: number
  readonly control: number
  readonly steps: readonly PlannedStep[]
  readonly steady: readonly string[]
  readonly stop: readonly string[]
  readonly rollbacks: readonly string[]
}

export interface PlannedStep {
  readonly name: string
  readonly kind: FaultKind
  /** Milliseconds from the start of the run. */
  readonly fromMs: number
  readonly toMs: number
  /** Who is hit, by the words of the place; empty when nobody here can be. */
  readonly targets: readonly string[]
  /** About so many tasks, where a fault picks tasks. */
  readonly tasks: number | undefined
  /** Why nothing would be hit. */
  readonly problem?: string | undefined
}

const CONTROL_SHARE = 0.2

/**
 * Says exactly what would be hit, and sends, arms and writes nothing.
 * @throws QueueError INVALID for what is wrong with the experiment
 */
export function planExperiment(
  experiment: Experiment,
  { stage, ...around }: Surroundings & { readonly stage: Stage },
): Plan {
  checkExperiment(experiment)
  const schedule = scheduleOf(experiment)
  const due = loadProfile(experiment.load, schedule.loadMs)
  const tasks = due(schedule.loadMs)
  const { control = CONTROL_SHARE, steady, stop = [], rollbacks = [] } = experiment
  const underFault = (fromMs: number, toMs: number): number =>
    Math.round((due(toMs) - due(fromMs)) * (1 - control))
  return {
    title: experiment.title,
    environment: environmentOf(around),
    refused: refusal(experiment, around),
    stage: stage.summary,
    schedule,
    tasks,
    control: Math.round(tasks * control),
    steps: experiment.method.map((step) => planStep(step, { experiment, stage, schedule, underFault })),
    steady: steady.map(describeExpectation),
    stop: stop.map(describeExpectation),
    rollbacks: rollbacks.map((one) => (typeof one === 'string' ? one : one.name || 'a function')),
  }
}

interface Planning {
  readonly experiment: Experiment
  readonly stage: Stage
  readonly schedule: RunSchedule
  readonly underFault: (fromMs: number, toMs: number) => number
}

function planStep(step: Step, { experiment, stage, schedule, underFault }: Planning): PlannedStep {
  const site = stage.sites.find(({ kinds }) => kinds.includes(step.kind))
  const afterMs = parseDuration(step.at ?? 0, 'at')
  const fromMs = schedule.warmUpMs + Math.min(afterMs, schedule.injectMs)
  const lastsMs = step.lasts === undefined ? Infinity : parseDuration(step.lasts, 'lasts')
  const toMs = Math.min(schedule.warmUpMs + schedule.injectMs, fromMs + lastsMs)
  const problem = problemOf(step, { experiment, stage, here: site !== undefined, empty: toMs <= fromMs })
  const share = (step.rate ?? 1) * (experiment.blast?.share ?? 1)
  const picksTasks = ['task', 'message'].includes(layerOf(step.kind))
  const about = Math.min(step.limit ?? Infinity, Math.round(underFault(fromMs, toMs) * share))
  return {
    name: nameOf(step),
    kind: step.kind,
    fromMs,
    toMs,
    targets: problem === undefined ? site!.targets(faultOf(step)) : [],
    tasks: !picksTasks ? undefined : problem === undefined ? about : 0,
    problem,
  }
}

/** What can be told beforehand. Keys, attempts and workers are only known when they come. */
function problemOf(
  step: Step,
  {
    experiment,
    stage,
    here,
    empty,
  }: Pick<Planning, 'experiment' | 'stage'> & { here: boolean; empty: boolean },
): string | undefined {
  if (!here) return `nothing here takes ${step.kind}: a ${layerOf(step.kind)} must be given`
  if (empty) return 'it would begin after the end of the injection'
  if (!['task', 'message'].includes(layerOf(step.kind))) return undefined
  const { task, queue } = step.match ?? {}
  const subject = { task: stage.own?.task.name ?? work.name, queue: WORK_QUEUE }
  if (!matches({ task, queue }, subject))
    return `it matches nothing: the load is task "${subject.task}" on queue "${WORK_QUEUE}", the control group on "${CONTROL_QUEUE}"`
  return inBlastRadius(experiment.blast && { ...experiment.blast, share: undefined }, subject)
    ? undefined
    : 'all of it lies outside the blast radius'
}

function refusal(experiment: Experiment, around: Surroundings): string | undefined {
  try {
    checkPermission(experiment, around)
    return undefined
  } catch (error) {
    if (QueueError.is(error, 'DENIED')) return error.message
    throw error
  }
}
