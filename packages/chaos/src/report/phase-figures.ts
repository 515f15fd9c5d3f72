import type { RunState } from '../experiment/run-experiment.ts'
import type { Phase } from './report.ts'
import { quantile } from './statistics.ts'

/** The phases of a run, each with what the group under fault did in it. */
export function phaseFigures(state: RunState): readonly Phase[] {
  const { startedAt, faultsFrom, faultsTo, loadTo, endedAt } = state
  const bounds = [
    ['warm-up', startedAt, faultsFrom],
    ['faults', faultsFrom, faultsTo],
    ['recovery', faultsTo, loadTo],
    ['drain', loadTo, endedAt],
  ] as const
  return bounds.map(([name, from, to]) => ({
    name,
    fromMs: Math.round(from - startedAt),
    toMs: Math.round(to - startedAt),
    ...figuresBetween(state, from, to),
  }))
}

function figuresBetween(
  { ledger }: RunState,
  from: number,
  to: number,
): Pick<Phase, 'done' | 'perSecond' | 'failedAttempts' | 'p50Ms' | 'p99Ms'> {
  const own = ledger.entries.filter(({ group }) => group === 'fault')
  const done = own.filter(({ doneAt }) => doneAt !== undefined && doneAt >= from && doneAt < to)
  const sorted = Float64Array.from(done, ({ doneAt, sentAt }) => doneAt! - sentAt).sort()
  const failed = own
    .flatMap(({ runs }) => runs)
    .filter(({ outcome, endedAt = -1 }) => outcome === 'failed' && endedAt >= from && endedAt < to)
  return {
    done: done.length,
    perSecond: to > from ? Math.round((done.length * 10_000) / (to - from)) / 10 : undefined,
    failedAttempts: failed.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  }
}
