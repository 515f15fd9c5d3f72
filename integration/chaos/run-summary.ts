import type { Report } from '@bananasjs/chaos'

/** What the page of the docs shows of a run. */
export interface RunSummary {
  readonly broker: string
  readonly experiment: string
  readonly title: string
  readonly faults: readonly { readonly kind: string; readonly name: string }[]
  readonly verdict: Report['verdict']
  readonly reasons: readonly string[]
  readonly tasks: number
  readonly lost: number
  readonly duplicated: number
  /** The share of tasks that succeeded, with 95 % confidence. */
  readonly low: number
  readonly high: number
  readonly proves?: number | undefined
  /** Before, during and after. */
  readonly p99Ms: readonly (number | undefined)[]
  readonly recoverMs?: number | undefined
}

export function summaryOf(broker: string, experiment: string, report: Report): RunSummary {
  const { title, verdict, reasons, success, groups, phases, recovery, faults } = report
  return {
    broker,
    experiment,
    title,
    faults: faults.map(({ kind, name }) => ({ kind, name })),
    verdict,
    reasons,
    tasks: success.total,
    lost: groups.fault.lost,
    duplicated: groups.fault.duplicated,
    low: success.interval.low,
    high: success.interval.high,
    proves: success.proves,
    p99Ms: phases.slice(0, 3).map(({ p99Ms }) => p99Ms),
    recoverMs: recovery.recoverMs,
  }
}
