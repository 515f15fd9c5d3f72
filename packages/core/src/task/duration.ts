import { QueueError } from '../errors.ts'
import { show } from './show.ts'

/** Milliseconds, or text such as `'250ms'`, `'30s'`, `'1h 30m'`, `'2d'`. */
export type Duration = number | string

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const PART = /\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)/y

/** Dates end 8.64e15 ms after 1970, so no useful duration is longer. */
export const LONGEST_DURATION_MS = 8.64e15

/**
 * @param label names the option in the error, e.g. `delay`
 * @throws QueueError INVALID for NaN, negative, infinite or unreadable durations
 */
export function parseDuration(value: Duration, label: string): number {
  const ms = typeof value === 'string' ? parseText(value) : value
  if (typeof ms !== 'number' || !(ms >= 0) || ms > LONGEST_DURATION_MS) {
    throw new QueueError(
      'INVALID',
      `${label}: ${show(value)} is not a duration. Use milliseconds from 0 on, or text like '500ms', '30s', '5m', '1h 30m', '2d'.`,
    )
  }
  return Math.ceil(ms)
}

function parseText(text: string): number | undefined {
  let total = 0
  let at = 0
  while (at < text.length) {
    PART.lastIndex = at
    const part = PART.exec(text)
    if (part === null) return undefined
    total += Number(part[1]) * UNIT_MS[part[2]!]!
    at = PART.lastIndex
  }
  return text.length === 0 ? undefined : total
}
