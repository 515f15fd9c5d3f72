import type { Report, Verdict } from './report.ts'
import { counted, inWords, percent } from './wording.ts'
import { wilson } from './statistics.ts'

/** How much worse is too much. */
export interface GateOptions {
  /** Factor by which latencies and recovery may grow. Default 1.5. */
  readonly slower?: number | undefined
  /** Differences of times below this are noise. Default 250 ms. */
  readonly noiseMs?: number | undefined
}

export interface Comparison {
  /** Nothing got worse beyond what the options allow. */
  readonly passed: boolean
  readonly rows: readonly ComparisonRow[]
}

export interface ComparisonRow {
  readonly what: string
  readonly before: string
  readonly after: string
  readonly outcome: 'same' | 'better' | 'worse'
}

const RANK: Readonly<Record<Verdict, number>> = { held: 0, inconclusive: 1, aborted: 2, deviated: 3 }

/** Is the later run worse than the earlier one? Numbers that were not measured in both are left out. */
export function compareReports(before: Report, after: Report, options: GateOptions = {}): Comparison {
  const rows = [
    row('verdict', [before.verdict, after.verdict], RANK[after.verdict] - RANK[before.verdict]),
    successRow(before, after),
    countRow('lost', before.groups.fault.lost, after.groups.fault.lost),
    countRow('wrong results', before.groups.fault.wrong, after.groups.fault.wrong),
    countRow('broken invariants', broken(before), broken(after)),
    ...timeRows(before, after, options),
  ]
  return { passed: rows.every(({ outcome }) => outcome !== 'worse'), rows }
}

/** Worse only when the later rate is below what the earlier one leaves possible: two runs never hit the same. */
function successRow(before: Report, after: Report): ComparisonRow {
  const interval = (one: Report) => wilson(one.success.total - one.success.failures, one.success.total)
  const [was, is] = [interval(before), interval(after)]
  const change = is.high < was.low ? 1 : is.low > was.high ? -1 : 0
  return row('success rate', [percent(before.success.rate), percent(after.success.rate)], change)
}

function countRow(what: string, was: number, is: number): ComparisonRow {
  return row(what, [counted(was), counted(is)], is - was)
}

function timeRows(before: Report, after: Report, options: GateOptions): readonly ComparisonRow[] {
  const { slower = 1.5, noiseMs = 250 } = options
  const times: readonly (readonly [string, (report: Report) => number | undefined])[] = [
    ['median latency', ({ groups }) => groups.fault.p50Ms],
    ['99th percentile', ({ groups }) => groups.fault.p99Ms],
    ['recovery of throughput', ({ recovery }) => recovery.recoverMs],
    ['recovery of the backlog', ({ recovery }) => recovery.backlogMs],
  ]
  return times.flatMap(([what, of]) => {
    const [was, is] = [of(before), of(after)]
    if (was === undefined || is === undefined) return []
    const worse = is > was * slower && is - was > noiseMs
    const better = was > is * slower && was - is > noiseMs
    return [row(what, [inWords(was), inWords(is)], worse ? 1 : better ? -1 : 0)]
  })
}

function broken({ invariants }: Report): number {
  return invariants.filter(({ outcome }) => outcome === 'violated').length
}

/** `change` above 0 is worse. */
function row(what: string, [before, after]: readonly [string, string], change: number): ComparisonRow {
  return { what, before, after, outcome: change > 0 ? 'worse' : change < 0 ? 'better' : 'same' }
}
