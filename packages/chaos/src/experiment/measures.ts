import { parseDuration } from '@bananasjs/core'
import { provesShare, quantile, triesToProve } from '../report/statistics.ts'
import type { Expectation, ProbeName, Tolerance } from './experiment.ts'

/** What is known of a run, or of a group of its tasks, as numbers. `undefined`: nobody can tell. */
export type Measures = Readonly<Partial<Record<ProbeName, number>>>

export interface Judgement {
  readonly text: string
  readonly measured: number | undefined
  readonly outcome: 'held' | 'deviated' | 'inconclusive'
  readonly why?: string | undefined
}

/** How many tasks a share was measured on. */
export interface Basis {
  readonly total: number
  readonly failures: number
}

/** Is this number within its bounds? What was not measured is inconclusive, never held. */
export function judge(expectation: Expectation, measured: number | undefined, basis: Basis): Judgement {
  const text = describeExpectation(expectation)
  if (measured === undefined || Number.isNaN(measured))
    return { text, measured: undefined, outcome: 'inconclusive', why: 'it was not measured' }
  if (!withinBounds(expectation, measured)) return { text, measured, outcome: 'deviated' }
  const { confidence, atLeast } = expectation
  if (confidence === undefined || atLeast === undefined) return { text, measured, outcome: 'held' }
  const target = boundOf(atLeast)
  if (provesShare(basis.failures, basis.total, target, confidence)) return { text, measured, outcome: 'held' }
  const needed = triesToProve(target, confidence)
  const why = `${basis.total} tasks with ${basis.failures} failures do not prove it; without a failure it takes ${needed}`
  return { text, measured, outcome: 'inconclusive', why }
}

export function withinBounds(tolerance: Tolerance, value: number): boolean {
  const { between, ...single } = tolerance
  if (between !== undefined && (value < boundOf(between[0]) || value > boundOf(between[1]))) return false
  return BOUNDS.every(([name, holds]) => {
    const bound = single[name]
    return bound === undefined || holds(value, boundOf(bound))
  })
}

const BOUNDS: readonly (readonly [
  Exclude<keyof Tolerance, 'between'>,
  (value: number, bound: number) => boolean,
])[] = [
  ['atLeast', (value, bound) => value >= bound],
  ['atMost', (value, bound) => value <= bound],
  ['above', (value, bound) => value > bound],
  ['below', (value, bound) => value < bound],
  ['equals', (value, bound) => value === bound],
]

/** `latency-p99 below 2s`, `success-rate atLeast 0.999 (confidence 0.95)`. */
export function describeExpectation({ probe, confidence, ...tolerance }: Expectation): string {
  const name = typeof probe === 'string' ? probe : probe.name
  const bounds = Object.entries(tolerance)
    .filter(([, bound]) => bound !== undefined)
    .map(([word, bound]) => `${words(word)} ${Array.isArray(bound) ? bound.join(' and ') : String(bound)}`)
  return `${name} ${bounds.join(', ')}${confidence === undefined ? '' : ` (confidence ${confidence})`}`
}

export function latencyMeasures(sortedMs: Float64Array): Measures {
  const p50 = quantile(sortedMs, 0.5)
  const p99 = quantile(sortedMs, 0.99)
  return {
    ...(p50 !== undefined && { 'latency-p50': p50 }),
    ...(p99 !== undefined && { 'latency-p99': p99 }),
  }
}

/** Shares are numbers, times may be durations; both are numbers in the end. */
function boundOf(bound: number | string): number {
  return typeof bound === 'number' ? bound : parseDuration(bound, 'tolerance')
}

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
