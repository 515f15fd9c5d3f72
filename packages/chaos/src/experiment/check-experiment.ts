import { parseDuration } from '@bananasjs/core'
import type { Duration } from '@bananasjs/core'
import {
  checkCount,
  checkFault,
  checkNames,
  checkShare,
  invalid,
  oneOf,
  record,
} from '../faults/check-fault.ts'
import { sampler } from '../faults/distribution.ts'
import type { Distribution } from '../faults/distribution.ts'
import type { Experiment } from './experiment.ts'
import { PROBES } from './probe-names.ts'

type Values = Readonly<Record<string, unknown>>

const FIELDS = [
  'title',
  'description',
  'tags',
  'seed',
  'steady',
  'load',
  'phases',
  'method',
  'control',
  'rollbacks',
  'stop',
  'blast',
  'safety',
]
const TOLERANCES = ['atLeast', 'atMost', 'above', 'below', 'equals', 'between']
const ROLLBACKS = ['redrive', 'resume-workers']
const SHAPES: Readonly<Record<string, readonly string[]>> = {
  constant: ['rate'],
  ramp: ['from', 'to'],
  burst: ['rate', 'size', 'every'],
  replay: ['file', 'offsetsMs', 'speed'],
}

/** Checks an experiment and returns it. @throws QueueError INVALID naming the path and the nearest valid word */
export function defineExperiment(experiment: Experiment): Experiment {
  checkExperiment(experiment)
  return experiment
}

/** @throws QueueError INVALID naming the path in the experiment and the nearest valid word */
export function checkExperiment(value: unknown): asserts value is Experiment {
  const experiment = record(value, 'experiment')
  checkNames(experiment, FIELDS, 'experiment')
  const { title, seed, control, load, steady, method } = experiment
  if (typeof title !== 'string' || title === '') throw invalid('title', 'an experiment needs one.')
  if (seed !== undefined) checkCount(seed, 'seed')
  if (control !== undefined) checkShare(control, 'control')
  list(steady, 'steady').forEach((one, at) => checkExpectation(one, `steady[${at}]`, { judges: true }))
  list(method, 'method').forEach((one, at) => checkStep(one, `method[${at}]`))
  if (list(method, 'method').length === 0) throw invalid('method', 'name at least one fault.')
  checkLoad(load)
  checkRest(experiment)
}

function checkRest({ phases, rollbacks, stop, blast, safety, tags }: Values): void {
  optional(stop, (all) => list(all, 'stop').forEach((one, at) => checkExpectation(one, `stop[${at}]`)))
  optional(phases, (all) => {
    checkNames(record(all, 'phases'), ['warmUp', 'inject', 'ramp', 'recovery', 'drain'], 'phases')
    for (const [name, time] of Object.entries(all as Values))
      parseDuration(time as Duration, `phases.${name}`)
  })
  optional(rollbacks, (all) =>
    list(all, 'rollbacks').forEach((one, at) => {
      if (typeof one !== 'function') oneOf(one, ROLLBACKS, `rollbacks[${at}]`)
    }),
  )
  optional(blast, checkBlast)
  optional(safety, checkSafety)
  optional(tags, (names) => texts(names, 'tags'))
}

/** @throws QueueError INVALID */
export function checkSafety(value: unknown): void {
  const safety = record(value, 'safety')
  checkNames(safety, ['environments', 'production', 'maxDuration'], 'safety')
  const { environments, maxDuration } = safety
  optional(environments, (names) => texts(names, 'safety.environments'))
  optional(maxDuration, (time) => void parseDuration(time as Duration, 'safety.maxDuration'))
}

/** @throws QueueError INVALID */
export function checkStep(value: unknown, path: string): void {
  const { at, lasts, ...fault } = record(value, path)
  checkFault(fault, path)
  optional(at, (time) => void parseDuration(time as Duration, `${path}.at`))
  optional(lasts, (time) => void parseDuration(time as Duration, `${path}.lasts`))
}

interface ExpectationRules {
  /** It is judged at the end, so it may have a confidence. */
  readonly judges?: boolean
  /** Default: those of experiments. */
  readonly probes?: readonly string[]
}

/** @throws QueueError INVALID */
export function checkExpectation(
  value: unknown,
  path: string,
  { judges = false, probes = PROBES }: ExpectationRules = {},
): void {
  const { probe, confidence, ...tolerance } = record(value, path)
  if (typeof probe === 'object' && probe !== null)
    checkNames(probe as Values, ['name', 'measure'], `${path}.probe`)
  else oneOf(probe, probes, `${path}.probe`)
  checkNames(tolerance, TOLERANCES, path)
  if (Object.keys(tolerance).length === 0) throw invalid(path, `it needs a bound: ${TOLERANCES.join(', ')}.`)
  for (const [name, bound] of Object.entries(tolerance)) checkBound(bound, `${path}.${name}`)
  if (confidence !== undefined)
    checkConfidence(confidence, `${path}.confidence`, judges && probe === 'success-rate')
}

function checkConfidence(confidence: unknown, path: string, fits: boolean): void {
  if (!fits) throw invalid(path, 'only the success-rate has one.')
  if (!(Number(confidence) > 0 && Number(confidence) < 1))
    throw invalid(path, 'it must be above 0 and below 1.')
}

function checkBound(bound: unknown, path: string): void {
  const ends = Array.isArray(bound) ? (bound as readonly unknown[]) : [bound]
  if (path.endsWith('.between') !== Array.isArray(bound) || (Array.isArray(bound) && ends.length !== 2))
    throw invalid(path, 'it must be one number, or with "between" a list of two.')
  for (const end of ends) if (typeof end !== 'number') parseDuration(end as Duration, path)
}

function checkLoad(value: unknown): void {
  const load = record(value, 'load')
  const { shape, work, tasks, retries } = load
  oneOf(shape, Object.keys(SHAPES), 'load.shape')
  const own = SHAPES[shape as string]!
  checkNames(load, ['shape', 'work', 'tasks', 'retries', 'task', 'input', ...own], 'load')
  optional(work, (by) => void sampler(by as Distribution, 'load.work'))
  optional(load['task'], (name) => texts([name], 'load.task'))
  optional(tasks, (count) => checkCount(count, 'load.tasks', 1))
  optional(retries, (count) => checkCount(count, 'load.retries'))
  if (shape === 'replay') {
    if ((load['file'] === undefined) === (load['offsetsMs'] === undefined))
      throw invalid('load', 'a replay needs either "file" or "offsetsMs".')
    return
  }
  for (const name of own) {
    if (name === 'every') parseDuration(load[name] as Duration, 'load.every')
    else if (typeof load[name] !== 'number' || !(load[name] >= 0) || load[name] > 100_000)
      throw invalid(
        `load.${name}`,
        `it must be a number from 0 to 100,000, not ${JSON.stringify(load[name])}.`,
      )
  }
}

/** @throws QueueError INVALID */
export function checkBlast(value: unknown): void {
  const blast = record(value, 'blast')
  checkNames(blast, ['tasks', 'queues', 'workers', 'never', 'share'], 'blast')
  for (const name of ['tasks', 'queues', 'workers', 'never'])
    optional(blast[name], (globs) => texts(globs, `blast.${name}`))
  optional(blast['share'], (share) => checkShare(share, 'blast.share'))
}

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(path, 'it must be a list.')
}

function texts(value: unknown, path: string): void {
  for (const [at, one] of list(value, path).entries())
    if (typeof one !== 'string') throw invalid(`${path}[${at}]`, 'it must be text.')
}

function optional(value: unknown, check: (value: unknown) => void): void {
  if (value !== undefined) check(value)
}
