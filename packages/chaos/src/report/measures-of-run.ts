import type { RunFindings } from '../experiment/findings.ts'
import type { Measures } from '../experiment/measures.ts'
import type { RunState } from '../experiment/run-experiment.ts'
import type { GroupFigures, Recovery } from './report.ts'

/** The whole run as numbers, of the group under fault. */
export function measuresOf(
  state: RunState,
  figures: GroupFigures,
  { findings, recovery }: { readonly findings: RunFindings; readonly recovery: Recovery },
): Measures {
  const { acknowledged, done, wrong, attempts, failedAttempts } = figures
  const loadSeconds = (state.loadTo - state.startedAt) / 1000
  const known: Record<string, number | undefined> = {
    'success-rate': acknowledged === 0 ? undefined : (done - wrong) / acknowledged,
    'error-rate': attempts === 0 ? undefined : failedAttempts / attempts,
    // What is left in a broker is not lost yet, and nobody can say that it is not.
    lost: state.drained === false && figures.unfinished > 0 ? undefined : figures.lost,
    dead: figures.dead,
    wrong,
    duplicates: findings.duplicated,
    'unexplained-duplicates': findings.repeats.filter(({ cause }) => cause === 'unexplained').length,
    overlaps: findings.overlaps.length,
    'latency-p50': figures.p50Ms,
    'latency-p99': figures.p99Ms,
    throughput: loadSeconds > 0 ? done / loadSeconds : undefined,
    recovery: recovery.recoverMs,
    'queue-depth': highest(state.view.samples.map(({ depth }) => depth)),
    'queue-age': highest(state.view.samples.map(({ ageMs }) => ageMs)),
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  let most: number | undefined
  for (const value of values) if (value !== undefined && value > (most ?? -Infinity)) most = value
  return most
}
