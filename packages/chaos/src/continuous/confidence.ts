import { wilson } from '../report/statistics.ts'
import type { Tally } from './rolling-window.ts'

/** How sure one may be, from what was seen in the window, that tasks succeed while faults are at work. */
export interface Confidence {
  /**
   * The lower end of Wilson's interval (95 %) for the share of tasks that succeeded. `undefined` without evidence: no task
   * ended, or no fault bit. Quiet is no proof.
   */
  readonly score: number | undefined
  readonly target: number
  /** Tasks that ended for good. */
  readonly ended: number
  readonly succeeded: number
  readonly dead: number
  /** Attempts that failed. */
  readonly failedAttempts: number
  /** How often faults hit something. */
  readonly bites: number
}

export function confidenceOf({ succeeded, failed, dead, bites }: Tally, target: number): Confidence {
  const ended = succeeded + dead
  const evidence = ended > 0 && bites > 0
  return {
    score: evidence ? wilson(succeeded, ended).low : undefined,
    target,
    ended,
    succeeded,
    dead,
    failedAttempts: failed,
    bites,
  }
}
