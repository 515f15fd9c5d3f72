import type { DeliveryVerdict } from './delivery-check.ts'

export interface Measure {
  /** Key in `Round.figures`. */
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

/** Who is measured: this project, another library, the bare driver, or this project under the easier condition. */
export type Role = 'ours' | 'peer' | 'raw' | 'baseline'

export interface Round {
  readonly figures: Readonly<Record<string, number>>
  /** Absent where no task runs. */
  readonly delivery?: DeliveryVerdict
  /** Figures over time within the round. */
  readonly series?: Readonly<Record<string, readonly number[]>>
}

export interface Contender {
  readonly name: string
  readonly role: Role
  round(): Promise<Round>
}

/** What a case is expected to show; a miss is reported and never fails the run: machines differ. */
export interface Goal {
  readonly measure: string
  /** Contender whose median ours is divided by; absent: ours itself, in the measure's unit. */
  readonly against?: string
  readonly floor?: number
  readonly aim?: number
}

/** One kind of work, done by everyone in turn. */
export interface Case {
  readonly name: string
  readonly title: string
  readonly tasks: number
  readonly measures: readonly Measure[]
  readonly contenders: readonly Contender[]
  readonly goals: readonly Goal[]
  /** Default 5. Always 1 where it says 1: more would teach nothing. */
  readonly rounds?: number
  /** Rounds that do not count, before those that do. Default 1. */
  readonly warmups?: number
}

export const RATE: Measure = { name: 'rate', unit: 'tasks/s', better: 'higher' }
