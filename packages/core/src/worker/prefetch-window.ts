import type { Runtime } from '../runtime/runtime.ts'

/** Work held back beyond what runs is at most this long, so nothing waits here while other workers are idle. */
const HORIZON_MS = 10
/** Enough that a broker which answers in batches always has one to work on while the other runs. */
export const MOST_AHEAD = 1000
const WEIGHT = 0.05

/**
 * How many deliveries to hold beyond the running ones. Tasks of microseconds are worth fetching ahead, so that the
 * broker works while the handlers run; a task of a tenth of a second is better left to whoever is free. Follows the
 * measured run time (exponentially weighted mean), and forgets its optimism at the first slow task.
 */
export class PrefetchWindow {
  readonly #runtime: Runtime
  #meanMs = HORIZON_MS

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Call at the start of a run, and `ended` at its end with what this returned. */
  started(): number {
    return this.#runtime.monotonic()
  }

  /** @returns when that was: another run may begin there */
  ended(startedAt: number): number {
    const endedAt = this.#runtime.monotonic()
    const ms = endedAt - startedAt
    this.#meanMs = ms > HORIZON_MS ? Math.max(this.#meanMs, ms) : this.#meanMs + (ms - this.#meanMs) * WEIGHT
    return endedAt
  }

  extra(concurrency: number): number {
    // Little's law: what can run within the horizon, less what runs already.
    const ahead = Math.floor((HORIZON_MS * concurrency) / Math.max(this.#meanMs, 0.01)) - concurrency
    return Math.min(MOST_AHEAD, Math.max(0, ahead))
  }
}
