import type { Duration } from '@bananasjs/core'
import type { CustomProbe, Safety, Step, Tolerance } from '../experiment/experiment.ts'
import type { Fault } from '../faults/fault.ts'
import type { BlastRadius } from '../safety/blast-radius.ts'
import type { CalendarTime } from './calendar-time.ts'

/** What can be told of an application from its events. All but `confidence` are of the last minute. */
export type ContinuousProbe = 'error-rate' | 'success-rate' | 'dead' | 'throughput' | 'confidence'

export const CONTINUOUS_PROBES: readonly ContinuousProbe[] = [
  'error-rate',
  'success-rate',
  'dead',
  'throughput',
  'confidence',
]

/** When everything is to end. A probe of one's own that does not answer ends it, too. */
export interface ContinuousStop extends Tolerance {
  readonly probe: ContinuousProbe | CustomProbe
}

/** A time in the calendar at which more is broken than otherwise, for a while. */
export interface GameDay {
  readonly title: string
  readonly when: CalendarTime
  /** At most `safety.maxDuration`, which is also the default. */
  readonly lasts?: Duration | undefined
  readonly method: readonly Step[]
  /** Ends this game day alone; those of the plan end everything. */
  readonly stop?: readonly ContinuousStop[] | undefined
}

export interface ConfidencePlan {
  /** What the score looks back on. Default 1 hour. */
  readonly window?: Duration | undefined
  /** Success rate that is to be shown. Default 0.999. */
  readonly target?: number | undefined
  /** How often the score is told. Default 30 s. */
  readonly every?: Duration | undefined
}

export interface ContinuousSafety extends Safety {
  /** No fault of the background may have a higher rate. Default 0.05, in production 0.01. */
  readonly mostRate?: number | undefined
  /** So long without a sign of life from any worker, and faults are taken away until there is one. Default 15 s. */
  readonly blindAfter?: Duration | undefined
}

/** Faults at a low rate, day and night, and now and then a game day. */
export interface ContinuousPlan {
  readonly title: string
  readonly seed?: number | undefined
  /** At work all the time; each names its rate. */
  readonly background: readonly Fault[]
  readonly gameDays?: readonly GameDay[] | undefined
  /** At least one. */
  readonly stop: readonly ContinuousStop[]
  readonly confidence?: ConfidencePlan | undefined
  readonly blast?: BlastRadius | undefined
  readonly safety?: ContinuousSafety | undefined
}
