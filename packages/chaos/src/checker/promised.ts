/** What the recorded run was promised, beyond what holds for every run. What is left out is not judged. */
export interface Promised {
  /** Grain of the broker's clock: nothing is early, late or double by less. Default 5. */
  readonly clockMs?: number
  /** How far the wall clocks of senders and workers may have been apart. Default 0. */
  readonly skewMs?: number
  /** How long a worker may take from a hand-over to the start of the handler, and to hear of a revocation. Default 1000. */
  readonly admissionMs?: number
  /** A late settlement changes nothing: `supports.lease.fenced`. Default true. */
  readonly fenced?: boolean
  /** A lease ends by time, or with the connection of who holds it. Default `'time'`. */
  readonly leases?: 'time' | 'connection'
  /** Unique keys are judged. Not when some were sent with mode `replace`: the wire does not tell. Default true. */
  readonly unique?: boolean
  /** First in, first out: `supports.ordered`. Default `'none'`. */
  readonly ordered?: 'none' | 'group' | 'queue'
  /** Retries after the first attempt, for all tasks or by name; a task's own limit goes first. */
  readonly retryLimit?: number | Readonly<Record<string, number>>
  /** Silent ends after which a task is poison. Default 5. */
  readonly maxCrashes?: number
  readonly limits?: readonly LimitPromise[]
  /** Longest time from a request to stop to the end of the process. */
  readonly stopMs?: number
  /** Throughput is back this long after everything is whole again. */
  readonly recoverMs?: number
  /** Share of its mean by which a gauge may grow over the whole run. Default 0.1. */
  readonly growth?: number
}

export interface LimitPromise {
  readonly name: string
  /** Names of the tasks that share it. */
  readonly tasks: readonly string[]
  /** Runs at once. */
  readonly concurrency?: number
  /** Starts in any window of `perMs`. */
  readonly rate?: { readonly count: number; readonly perMs: number }
}
