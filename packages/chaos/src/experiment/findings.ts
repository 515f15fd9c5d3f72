import type { TaskEntry, TaskRun } from './ledger.ts'

/** Why a task may have run again. */
export type Cause = 'worker died' | 'fault' | 'sent again' | 'failed before' | 'unexplained'

export interface Repeat {
  readonly task: number
  readonly cause: Cause
  /** The earlier run and the one that should not have been needed. */
  readonly text: string
}

export interface RunFindings {
  /** Ran to their end more than once. */
  readonly duplicated: number
  readonly repeats: readonly Repeat[]
  /** Run by two live workers at once. */
  readonly overlaps: readonly string[]
}

/** When a fault was at work that may make tasks run twice: an interval of monotonic ms. */
export interface Excuse {
  readonly from: number
  readonly to: number
}

/** A lost lease is found out by the one who lost it only later, and a message comes back only when its lease has ended. */
export interface ExcuseRules {
  readonly faults: readonly Excuse[]
  /** How long after its cause a repeat may come. */
  readonly graceMs: number
  /** Worker → monotonic ms. */
  readonly diedAt: ReadonlyMap<string, number>
}

/** Looks through the runs of each task for repeats and overlaps, and for what accounts for them. */
export function findRepeats(entries: readonly TaskEntry[], rules: ExcuseRules): RunFindings {
  const repeats: Repeat[] = []
  const overlaps: string[] = []
  let duplicated = 0
  for (const entry of entries) {
    if (entry.runs.length < 2) continue
    const runs = entry.runs.toSorted((a, b) => a.startedAt - b.startedAt)
    if (runs.filter(({ outcome }) => outcome === 'done' || outcome === 'wrong').length > 1) duplicated += 1
    for (const [index, run] of runs.entries()) {
      const next = runs[index + 1]
      if (next === undefined) break
      const cause = causeOf(entry, run, next, rules)
      if (cause !== 'failed before') repeats.push({ task: entry.task, cause, text: between(run, next) })
      if (cause === 'unexplained' && overlap(run, next, rules))
        overlaps.push(`task ${entry.task}: ${run.worker} held it while ${next.worker} started it`)
    }
  }
  return { duplicated, repeats, overlaps }
}

// oxlint-disable-next-line max-params -- two runs of a task, and the rules
function causeOf(entry: TaskEntry, run: TaskRun, next: TaskRun, rules: ExcuseRules): Cause {
  // An attempt that failed is tried again: that is what retries are for.
  if (run.outcome === 'failed') return 'failed before'
  if (rules.diedAt.has(run.worker)) return 'worker died'
  if (entry.resends > 0) return 'sent again'
  const excused = rules.faults.some(
    ({ from, to }) => run.startedAt <= to + rules.graceMs && next.startedAt >= from,
  )
  return excused ? 'fault' : 'unexplained'
}

function overlap(run: TaskRun, next: TaskRun, { diedAt }: ExcuseRules): boolean {
  const until = run.endedAt ?? diedAt.get(run.worker) ?? Infinity
  return next.startedAt < until
}

function between(run: TaskRun, next: TaskRun): string {
  return `${run.worker} (${run.outcome}), then ${next.worker} after ${Math.round(next.startedAt - run.startedAt)} ms`
}
