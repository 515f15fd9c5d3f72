import { parseDuration, QueueError } from '@bananasjs/core'
import type { Duration } from '@bananasjs/core'
import { CATALOG, FAULT_KINDS } from './catalog.ts'
import type { FaultEntry, FieldType } from './catalog.ts'
import { sampler } from './distribution.ts'
import type { Distribution } from './distribution.ts'
import type { Fault, FaultKind } from './fault.ts'
import { didYouMean } from './nearest-word.ts'

const BASE = ['kind', 'name', 'match', 'rate', 'limit', 'schedule']
const MATCH = ['task', 'queue', 'worker', 'key', 'attempt', 'method']
const SCHEDULE = ['after', 'every', 'for']
const CODES = [
  'CONNECTION_LOST',
  'LEASE_LOST',
  'CONFLICT',
  'UNSUPPORTED',
  'TOO_LARGE',
  'UNDECODABLE',
  'RATE_LIMITED',
  'DENIED',
  'INVALID',
  'CLOSED',
]

/**
 * Checks what a file or a stranger calls a fault.
 * @param path where it stands, for the message: `method[2]`
 * @throws QueueError INVALID naming the path and the nearest valid word
 */
export function checkFault(value: unknown, path: string): asserts value is Fault {
  const fault = record(value, path)
  const { kind } = fault
  if (typeof kind !== 'string' || !Object.hasOwn(CATALOG, kind))
    throw invalid(path, `there is no fault ${JSON.stringify(kind)}.${didYouMean(String(kind), FAULT_KINDS)}`)
  const { fields, needs } = CATALOG[kind as FaultKind] as FaultEntry<Record<string, unknown>>
  checkNames(fault, [...BASE, ...Object.keys(fields)], path)
  for (const name of needs) if (fault[name] === undefined) throw invalid(path, `${kind} needs "${name}".`)
  for (const [name, type] of Object.entries(fields))
    if (fault[name] !== undefined) CHECKS[type](fault[name], `${path}.${name}`)
  checkBase(fault, path)
}

/** @throws QueueError INVALID for a name that is not known */
export function checkNames(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
): void {
  for (const name of Object.keys(value))
    if (!known.includes(name))
      throw invalid(`${path}.${name}`, `there is no such field.${didYouMean(name, known)}`)
}

/** @throws QueueError INVALID unless a plain object */
export function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw invalid(path, 'it must be a map of names to values.')
}

export function invalid(path: string, why: string): QueueError {
  return new QueueError('INVALID', `${path}: ${why}`)
}

/** @throws QueueError INVALID */
export function checkShare(value: unknown, path: string): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    throw invalid(path, `it must be a number from 0 to 1, not ${JSON.stringify(value)}.`)
}

/** @throws QueueError INVALID */
export function checkCount(value: unknown, path: string, least = 0): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw invalid(path, `it must be a whole number of at least ${least}, not ${JSON.stringify(value)}.`)
}

function checkBase(
  { rate, limit, match, schedule, name }: Readonly<Record<string, unknown>>,
  path: string,
): void {
  if (rate !== undefined) checkShare(rate, `${path}.rate`)
  if (limit !== undefined) checkCount(limit, `${path}.limit`, 1)
  if (name !== undefined) CHECKS.text(name, `${path}.name`)
  if (match !== undefined) checkNames(record(match, `${path}.match`), MATCH, `${path}.match`)
  if (schedule === undefined) return
  const times = record(schedule, `${path}.schedule`)
  checkNames(times, SCHEDULE, `${path}.schedule`)
  for (const [field, time] of Object.entries(times)) CHECKS.duration(time, `${path}.schedule.${field}`)
}

const CHECKS: Readonly<Record<FieldType, (value: unknown, path: string) => void>> = {
  duration: (value, path) => void parseDuration(value as Duration, path),
  distribution(value, path) {
    if (typeof value === 'object' && value !== null) {
      const known = 'from' in value ? ['from', 'to'] : ['median', 'p99']
      checkNames(record(value, path), known, path)
    }
    sampler(value as Distribution, path)
  },
  count: (value, path) => checkCount(value, path),
  text(value, path) {
    if (typeof value !== 'string') throw invalid(path, 'it must be text.')
  },
  error: (value, path) => checkNames(record(value, path), ['name', 'message', 'code'], path),
  code: (value, path) => oneOf(value, CODES, path),
  direction: (value, path) => oneOf(value, ['up', 'down', 'both'], path),
  place: (value, path) => oneOf(value, ['publish', 'receive'], path),
  boolean(value, path) {
    if (typeof value !== 'boolean') throw invalid(path, 'it must be true or false.')
  },
  anything: () => undefined,
}

/** @throws QueueError INVALID naming the nearest valid word */
export function oneOf(value: unknown, known: readonly string[], path: string): void {
  if (typeof value === 'string' && known.includes(value)) return
  throw invalid(path, `it cannot be ${JSON.stringify(value)}.${didYouMean(String(value), known)}`)
}
