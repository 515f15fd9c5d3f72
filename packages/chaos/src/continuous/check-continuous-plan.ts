import { parseDuration } from '@bananasjs/core'
import type { Duration } from '@bananasjs/core'
import { checkBlast, checkExpectation, checkSafety, checkStep } from '../experiment/check-experiment.ts'
import { PRODUCTION } from '../safety/permission.ts'
import {
  checkCount,
  checkFault,
  checkNames,
  checkShare,
  invalid,
  oneOf,
  record,
} from '../faults/check-fault.ts'
import { checkCalendarTime, WEEKDAYS } from './calendar-time.ts'
import type { CalendarTime } from './calendar-time.ts'
import { CONTINUOUS_PROBES } from './continuous-plan.ts'
import type { ContinuousPlan } from './continuous-plan.ts'

type Values = Readonly<Record<string, unknown>>

const FIELDS = ['title', 'seed', 'background', 'gameDays', 'stop', 'confidence', 'blast', 'safety']
const SAFETY = ['environments', 'production', 'maxDuration', 'mostRate', 'blindAfter']
const MOST_RATE = 0.05
const MOST_RATE_IN_PRODUCTION = 0.01

/** Checks a plan and returns it. @throws QueueError INVALID naming the path and the nearest valid word */
export function defineContinuousPlan(plan: ContinuousPlan): ContinuousPlan {
  checkContinuousPlan(plan)
  return plan
}

/** @throws QueueError INVALID naming the path in the plan and the nearest valid word */
export function checkContinuousPlan(value: unknown): asserts value is ContinuousPlan {
  const plan = record(value, 'plan')
  checkNames(plan, FIELDS, 'plan')
  const { title, seed, background, gameDays = [], stop, confidence, blast, safety } = plan
  checkTitle(title, 'title')
  if (seed !== undefined) checkCount(seed, 'seed')
  list(background, 'background').forEach((fault, at) => checkFault(fault, `background[${at}]`))
  checkStops(stop, 'stop')
  if (list(stop, 'stop').length === 0) throw invalid('stop', 'name at least one condition.')
  if (blast !== undefined) checkBlast(blast)
  if (safety !== undefined) checkContinuousSafety(safety)
  if (confidence !== undefined) checkConfidence(confidence)
  list(gameDays, 'gameDays').forEach((day, at) => checkGameDay(day, `gameDays[${at}]`))
  checkTitles(list(gameDays, 'gameDays') as readonly Values[])
  if (list(background, 'background').length + list(gameDays, 'gameDays').length === 0)
    throw invalid('background', 'name at least one fault, here or on a game day.')
}

/**
 * The background is there all the time, so it must be thin, and say how thin.
 * @throws QueueError INVALID for a fault without a rate, or with one that is too high here
 */
export function checkRates({ background, safety }: ContinuousPlan, environment: string): void {
  const production = PRODUCTION.includes(environment.toLowerCase())
  const most = safety?.mostRate ?? (production ? MOST_RATE_IN_PRODUCTION : MOST_RATE)
  for (const [at, { kind, rate }] of background.entries()) {
    const path = `background[${at}].rate`
    if (rate === undefined) throw invalid(path, `${kind} is to be there all the time: say how often it hits.`)
    if (rate > most)
      throw invalid(
        path,
        `${rate} is more than safety.mostRate, ${most}. Put it into a game day, or lower it.`,
      )
  }
}

function checkGameDay(value: unknown, path: string): void {
  const day = record(value, path)
  checkNames(day, ['title', 'when', 'lasts', 'method', 'stop'], path)
  const { title, when, lasts, method, stop } = day
  checkTitle(title, `${path}.title`)
  checkWhen(when, `${path}.when`)
  if (lasts !== undefined) parseDuration(lasts as Duration, `${path}.lasts`)
  if (stop !== undefined) checkStops(stop, `${path}.stop`)
  list(method, `${path}.method`).forEach((step, at) => checkStep(step, `${path}.method[${at}]`))
  if (list(method, `${path}.method`).length === 0) throw invalid(`${path}.method`, 'name at least one fault.')
}

/** They are told apart by them, also after a restart. */
function checkTitles(days: readonly Values[]): void {
  const titles = days.map(({ title }) => title)
  const twice = titles.findIndex((title, at) => titles.indexOf(title) !== at)
  if (twice !== -1) throw invalid(`gameDays[${twice}].title`, 'another game day has it, too.')
}

function checkWhen(value: unknown, path: string): void {
  const when = record(value, path)
  checkNames(when, ['on', 'at', 'zone'], path)
  if (when['on'] !== undefined)
    list(when['on'], `${path}.on`).forEach((name, at) => oneOf(name, WEEKDAYS, `${path}.on[${at}]`))
  checkCalendarTime(when as unknown as CalendarTime, path)
}

function checkStops(value: unknown, path: string): void {
  list(value, path).forEach((one, at) =>
    checkExpectation(one, `${path}[${at}]`, { probes: CONTINUOUS_PROBES }),
  )
}

function checkConfidence(value: unknown): void {
  const confidence: Values = record(value, 'confidence')
  checkNames(confidence, ['window', 'target', 'every'], 'confidence')
  const { target, ...times } = confidence
  if (target !== undefined) checkShare(target, 'confidence.target')
  for (const [name, time] of Object.entries(times)) positive(time, `confidence.${name}`)
}

function checkContinuousSafety(value: unknown): void {
  const safety = record(value, 'safety')
  checkNames(safety, SAFETY, 'safety')
  const { mostRate, blindAfter, ...rest } = safety
  checkSafety(rest)
  if (mostRate !== undefined) checkShare(mostRate, 'safety.mostRate')
  if (blindAfter !== undefined) positive(blindAfter, 'safety.blindAfter')
}

function positive(time: unknown, path: string): void {
  if (parseDuration(time as Duration, path) === 0) throw invalid(path, 'it must be above 0.')
}

function checkTitle(value: unknown, path: string): void {
  if (typeof value !== 'string' || value === '') throw invalid(path, 'it needs one.')
}

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(path, 'it must be a list.')
}
