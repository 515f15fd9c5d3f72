import type { TaskEntry } from '../experiment/ledger.ts'
import type { Recovery } from './report.ts'
import { quantile } from './statistics.ts'

export interface RecoveryTimes {
  /** Monotonic ms. */
  readonly steadyFrom: number
  readonly faultsFrom: number
  readonly faultsTo: number
  /** Until when load was sent: after that throughput falls by itself. */
  readonly loadTo: number
  readonly firstBiteAt: number | undefined
}

const BIN_MS = 500
/** Throughput is back when it stays so for this long: one good moment is none. */
const STAYS_BINS = 3
const BACK_SHARE = 0.9

/** How fast trouble showed, and how fast it went away. */
export function recoveryOf(entries: readonly TaskEntry[], times: RecoveryTimes): Recovery {
  return {
    detectMs: detectMs(entries, times),
    recoverMs: recoverMs(entries, times),
    backlogMs: backlogMs(entries, times),
  }
}

/** The first failed attempt, repeat or second sending after the first bite. */
function detectMs(entries: readonly TaskEntry[], { firstBiteAt }: RecoveryTimes): number | undefined {
  if (firstBiteAt === undefined) return undefined
  let first = Infinity
  for (const { runs } of entries) {
    for (const [index, { outcome, endedAt, startedAt }] of runs.entries()) {
      if (outcome === 'failed' && endedAt !== undefined && endedAt >= firstBiteAt)
        first = Math.min(first, endedAt)
      if (index > 0 && startedAt >= firstBiteAt) first = Math.min(first, startedAt)
    }
  }
  return first === Infinity ? undefined : first - firstBiteAt
}

function recoverMs(entries: readonly TaskEntry[], times: RecoveryTimes): number | undefined {
  const steady =
    countDone(entries, times.steadyFrom, times.faultsFrom) / Math.max(1, times.faultsFrom - times.steadyFrom)
  if (steady === 0) return undefined
  const bins = Math.floor((times.loadTo - times.faultsTo) / BIN_MS)
  const counts = Array.from({ length: bins }, () => 0)
  for (const { doneAt } of entries) {
    const bin = doneAt === undefined ? -1 : Math.floor((doneAt - times.faultsTo) / BIN_MS)
    if (bin >= 0 && bin < bins) counts[bin]! += 1
  }
  for (let bin = 0; bin + STAYS_BINS <= bins; bin += 1) {
    const sum = counts.slice(bin, bin + STAYS_BINS).reduce((a, b) => a + b, 0)
    // The mean of a few bins: half a second of a slow load holds too few tasks to judge by.
    if (sum / (STAYS_BINS * BIN_MS) >= steady * BACK_SHARE) return bin * BIN_MS
  }
  return undefined
}

/** Until every task that was sent before the faults ended, and was not lost, is done. */
function backlogMs(
  entries: readonly TaskEntry[],
  { faultsTo, steadyFrom, faultsFrom }: RecoveryTimes,
): number | undefined {
  const steady = Float64Array.from(
    entries.filter(
      ({ sentAt, doneAt }) => sentAt >= steadyFrom && doneAt !== undefined && doneAt < faultsFrom,
    ),
    ({ doneAt, sentAt }) => doneAt! - sentAt,
  ).sort()
  if (steady.length === 0) return undefined
  const usual = quantile(steady, 0.99)!
  let last = faultsTo
  for (const { sentAt, doneAt } of entries)
    if (sentAt < faultsTo && doneAt !== undefined && doneAt > last) last = doneAt
  return Math.max(0, last - faultsTo - usual)
}

function countDone(entries: readonly TaskEntry[], from: number, to: number): number {
  return entries.filter(({ doneAt }) => doneAt !== undefined && doneAt >= from && doneAt < to).length
}
