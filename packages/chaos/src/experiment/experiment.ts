import type { Duration } from '@bananasjs/core'
import type { Distribution } from '../faults/distribution.ts'
import type { Fault } from '../faults/fault.ts'
import type { BlastRadius } from '../safety/blast-radius.ts'

/** What a number may be. Those that are given must all hold. Times may be durations. */
export interface Tolerance {
  readonly atLeast?: Duration | undefined
  readonly atMost?: Duration | undefined
  readonly above?: Duration | undefined
  readonly below?: Duration | undefined
  readonly equals?: Duration | undefined
  /** Both ends belong to it. */
  readonly between?: readonly [Duration, Duration] | undefined
}

/** Names of what can be measured of a run. */
export type ProbeName =
  | 'success-rate'
  | 'error-rate'
  | 'lost'
  | 'dead'
  | 'wrong'
  | 'duplicates'
  | 'unexplained-duplicates'
  | 'overlaps'
  | 'latency-p50'
  | 'latency-p99'
  | 'throughput'
  | 'recovery'
  | 'queue-depth'
  | 'queue-age'

/** A probe of one's own: any number, asked each second, by the run. Throwing counts as no answer. */
export interface CustomProbe {
  readonly name: string
  readonly measure: () => number | Promise<number>
}

/** A number that must be within bounds. */
export interface Expectation extends Tolerance {
  readonly probe: ProbeName | CustomProbe
  /**
   * With `atLeast` on `success-rate`: the claim must hold with this confidence, by the exact binomial bound; without enough
   * tasks the run is inconclusive. E.g. 0.999 at 0.95 needs 2,995 tasks of which none failed.
   */
  readonly confidence?: number | undefined
}

/** When a run is to end at once. */
export interface StopCondition extends Tolerance {
  readonly probe: ProbeName | CustomProbe
}

export type LoadShape =
  | { readonly shape: 'constant'; readonly rate: number }
  | { readonly shape: 'ramp'; readonly from: number; readonly to: number }
  | { readonly shape: 'burst'; readonly rate: number; readonly size: number; readonly every: Duration }
  | { readonly shape: 'replay'; readonly file: string; readonly speed?: number | undefined }
  | { readonly shape: 'replay'; readonly offsetsMs: readonly number[]; readonly speed?: number | undefined }

/** What is sent meanwhile. Rates are tasks a second. */
export type Load = LoadShape & {
  /** How long a task takes. Default 0 to 20 ms. */
  readonly work?: Distribution | undefined
  /** At most so many tasks. */
  readonly tasks?: number | undefined
  /** Your own task in place of the one that takes `work`, and what each gets. */
  readonly task?: string | undefined
  readonly input?: unknown
  /** Retries of a task after its first attempt. Default 10, or what your own task says. */
  readonly retries?: number | undefined
}

export interface Phases {
  /** Load without faults, until the steady state is judged. Default 5 s. */
  readonly warmUp?: Duration | undefined
  /** With faults. Default 30 s. */
  readonly inject?: Duration | undefined
  /** Of it: how long rates grow from nothing. Default 0. */
  readonly ramp?: Duration | undefined
  /** Load without faults again. Default 10 s. */
  readonly recovery?: Duration | undefined
  /** At most so long until everything that was sent has ended. Default 60 s. */
  readonly drain?: Duration | undefined
}

/** A fault with its place in the run. */
export type Step = Fault & {
  /** Counted from the start of the injection. Default 0. */
  readonly at?: Duration | undefined
  /** How long it is armed. Default: until the injection ends. */
  readonly lasts?: Duration | undefined
}

/** What is done at the end whatever happened. */
export type Rollback = 'redrive' | 'resume-workers' | (() => void | Promise<void>)

export interface Safety {
  /** Where it may run. Default development, test, ci and staging. */
  readonly environments?: readonly string[] | undefined
  /** One of the two settings without which nothing runs in production. */
  readonly production?: boolean | undefined
  /** Default 15 minutes. */
  readonly maxDuration?: Duration | undefined
}

export interface Experiment {
  readonly title: string
  readonly description?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** Everything random derives from it. Default 1. */
  readonly seed?: number | undefined
  /** What is normal: judged before, and over the whole run at its end. */
  readonly steady: readonly Expectation[]
  readonly load: Load
  readonly phases?: Phases | undefined
  readonly method: readonly Step[]
  /** Share of the tasks that go another way, past faults of tasks, messages, calls and links, to compare with. Default 0.2. */
  readonly control?: number | undefined
  readonly rollbacks?: readonly Rollback[] | undefined
  readonly stop?: readonly StopCondition[] | undefined
  readonly blast?: BlastRadius | undefined
  readonly safety?: Safety | undefined
}
