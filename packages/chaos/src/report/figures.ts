import type { Group, TaskEntry } from '../experiment/ledger.ts'
import type { RunState } from '../experiment/run-experiment.ts'
import { isLost } from './invariants.ts'
import type { GroupFigures } from './report.ts'
import { quantile } from './statistics.ts'

export function figuresOf({ ledger, drained }: RunState, group: Group): GroupFigures {
  const entries = ledger.entries.filter((entry) => entry.group === group)
  const missing = entries.filter(isLost).length
  const runs = entries.flatMap((entry) => entry.runs)
  const sorted = latenciesOf(entries)
  return {
    ...ledger.counts(group),
    // While the broker still holds tasks, what is missing may be among them.
    lost: drained === false ? 0 : missing,
    unfinished: drained === false ? missing : 0,
    attempts: runs.length,
    failedAttempts: runs.filter(({ outcome }) => outcome === 'failed').length,
    duplicated: entries.filter(isDuplicated).length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1),
  }
}

function latenciesOf(entries: readonly TaskEntry[]): Float64Array {
  const done = entries.filter(({ doneAt }) => doneAt !== undefined)
  return Float64Array.from(done, ({ doneAt, sentAt }) => doneAt! - sentAt).sort()
}

function isDuplicated({ runs }: TaskEntry): boolean {
  return runs.filter(({ outcome }) => outcome === 'done' || outcome === 'wrong').length > 1
}
