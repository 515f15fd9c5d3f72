/** Everything that a simulated run does and suffers, as data: the same plan gives the same history, event by event. */
export interface SimulationPlan {
  /** Decides what the plan leaves open: how long each call takes, which are lost, who goes first. */
  readonly seed: number
  readonly workers: number
  readonly concurrency: number
  readonly leaseMs: number
  /** What the broker can do. */
  readonly broker: BrokerPlan
  readonly rates: LinkRates
  readonly tasks: readonly TaskPlan[]
  readonly faults: readonly FaultPlan[]
  /** When everything is made whole again. */
  readonly healAt: number
}

export interface BrokerPlan {
  readonly priorityLevels: 1 | 101
  /** `undefined`: any delay. */
  readonly maxDelayMs?: number
  readonly release: 'free' | 'counted'
}

/** Per call, each way. */
export interface LinkRates {
  readonly lost: { readonly up: number; readonly down: number }
  readonly twice: number
  readonly slow: number
  readonly slowMs: number
  readonly latencyMs: number
}

export interface TaskPlan {
  /** When it is sent. */
  readonly at: number
  /**
   * - `quick` returns at once, `long` after `runMs`, `deaf` too, whatever its signal says
   * - `flaky` fails `failures` times, `doomed` always
   * - `poison` kills its worker, `failures` times
   */
  readonly kind: 'quick' | 'long' | 'deaf' | 'flaky' | 'doomed' | 'poison'
  readonly runMs: number
  readonly failures: number
  readonly priority: number
  readonly delayMs: number
  readonly expiresInMs?: number
  readonly unique?: string
  readonly revokeAt?: number
  /** When somebody asks for its result. */
  readonly readAt: readonly number[]
}

export type FaultPlan =
  | { readonly kind: 'crash'; readonly at: number; readonly worker: number; readonly forMs: number }
  /** Asked to stop, and started again. */
  | { readonly kind: 'stop'; readonly at: number; readonly worker: number; readonly forMs: number }
  | { readonly kind: 'pause'; readonly at: number; readonly worker: number; readonly forMs: number }
  | {
      readonly kind: 'partition'
      readonly at: number
      readonly worker: number
      readonly forMs: number
      readonly way: 'up' | 'down' | 'both'
    }
  /** Its wall clock jumps. */
  | { readonly kind: 'skew'; readonly at: number; readonly worker: number; readonly byMs: number }

export const CALM: LinkRates = {
  lost: { up: 0, down: 0 },
  twice: 0,
  slow: 0,
  slowMs: 0,
  latencyMs: 2,
}
