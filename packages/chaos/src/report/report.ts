import type { FaultKind } from '../faults/fault.ts'
import type { Judgement } from '../experiment/measures.ts'
import type { Interval } from './statistics.ts'

export type Verdict = 'held' | 'deviated' | 'inconclusive' | 'aborted'

/** Everything that is known of a run. Times are milliseconds from its start. Plain data: it is the JSON report as it is. */
export interface Report {
  readonly format: 'bananas-chaos-report'
  readonly version: 1
  readonly title: string
  readonly description?: string | undefined
  readonly tags: readonly string[]
  readonly seed: number
  readonly startedAt: string
  readonly durationMs: number
  readonly environment: string
  /** Broker and workers, in words. */
  readonly stage: string
  readonly versions: Readonly<Record<string, string>>
  readonly verdict: Verdict
  /** Why it is that verdict, the weightiest first. */
  readonly reasons: readonly string[]
  readonly phases: readonly Phase[]
  readonly success: Success
  readonly groups: { readonly fault: GroupFigures; readonly control: GroupFigures }
  readonly expectations: readonly (Judgement & { readonly before?: number | undefined })[]
  readonly invariants: readonly InvariantReport[]
  readonly faults: readonly FaultReport[]
  readonly recovery: Recovery
  readonly series: Series
  /** What to change, tied to settings. */
  readonly hints: readonly string[]
  readonly notes: readonly string[]
}

export interface Phase {
  readonly name: 'warm-up' | 'faults' | 'recovery' | 'drain'
  readonly fromMs: number
  readonly toMs: number
  /** Tasks of the group under fault that were done in it, whenever they were sent; their latencies below. */
  readonly done: number
  readonly perSecond: number | undefined
  readonly failedAttempts: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

export interface Success {
  /** Of the tasks under fault that the broker acknowledged. */
  readonly total: number
  readonly failures: number
  readonly rate: number
  /** By Wilson, 95 %. */
  readonly interval: Interval
  /** The highest usual share (0.9, 0.99 …) that this proves at 95 %, by the exact bound. */
  readonly proves: number | undefined
}

export interface GroupFigures {
  readonly sent: number
  readonly acknowledged: number
  /** The broker never said yes: stored or not, nobody knows. */
  readonly refused: number
  readonly done: number
  readonly lost: number
  /** Still in the broker when the drain was over. */
  readonly unfinished: number
  readonly dead: number
  readonly wrong: number
  readonly attempts: number
  readonly failedAttempts: number
  readonly duplicated: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
}

export interface InvariantReport {
  readonly id: string
  readonly title: string
  readonly outcome: 'held' | 'violated' | 'not checked'
  readonly detail: string
  /** The shortest history that shows how it was broken, a line an event. */
  readonly evidence?: readonly string[] | undefined
}

export interface FaultReport {
  readonly name: string
  readonly kind: FaultKind
  readonly site: string
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  readonly bites: number
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
  readonly victims: readonly string[]
  /** With 95 % confidence fewer tasks than this are lost each time it bites; by the rule of three when none was. */
  readonly lossPerBiteBelow: number | undefined
  readonly error?: string | undefined
}

export interface Recovery {
  /** From the first bite until anything could be seen of it. */
  readonly detectMs: number | undefined
  /** From the end of the faults until throughput was back at 90 % of before, for good. */
  readonly recoverMs: number | undefined
  /** From the end of the faults until nothing older than the steady p99 waited. */
  readonly backlogMs: number | undefined
}

/** One number a step; `null` where nothing was measured. */
export interface Series {
  readonly stepMs: number
  readonly throughput: readonly number[]
  readonly controlThroughput: readonly number[]
  readonly failures: readonly number[]
  readonly p50: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  readonly depth: readonly (number | null)[]
  readonly age: readonly (number | null)[]
}
