import type { Runtime } from './runtime.ts'

const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 2000
/** A connection that ended sooner did not last. */
const STEADY_MS = 1000
/** It may well last the next time, so this grows no further. */
const MOST_FLAPS = 2

/**
 * How long an adapter waits before it connects again: ever longer, and begun afresh only by a connection that lasted for a
 * second. One that ends at once takes down with it what is sent on it, and so would the next, made at once.
 */
export class Reconnects {
  readonly #runtime: Runtime
  #readyAt: number | undefined
  #attempts = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** There is a connection. */
  ready(): void {
    this.#readyAt = this.#runtime.monotonic()
  }

  /** Milliseconds before the attempt that follows; call once for each. */
  pauseMs(): number {
    if (this.#readyAt !== undefined) {
      const lasted = this.#runtime.monotonic() - this.#readyAt >= STEADY_MS
      this.#attempts = lasted ? 0 : Math.min(this.#attempts, MOST_FLAPS)
      this.#readyAt = undefined
    }
    return backoffMs(this.#runtime, this.#attempts++)
  }
}

/**
 * Milliseconds before the next attempt after so many others. Exponential, with full jitter on its upper half, so that a
 * fleet does not come back in step.
 * @param attempts from 0 on
 */
export function backoffMs(runtime: Runtime, attempts: number): number {
  const ceilingMs = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempts, 10), LONGEST_BACKOFF_MS)
  return ceilingMs * (0.5 + runtime.random() / 2)
}
