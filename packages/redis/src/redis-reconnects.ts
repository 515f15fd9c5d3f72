import { systemRuntime } from '@bananasjs/core/contract'

const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 2000
/** What ended sooner is not made anew at once: each new connection takes down with it what is sent on it. */
const STEADY_MS = 1000
/** It may well last the next time, so this grows no further. */
const MOST_FLAPS = 2

/** How long to wait before the next connection. ioredis forgets its attempts as soon as one is ready, however soon it ends. */
export class Reconnects {
  #readyAt = -Infinity
  #flaps = 0

  ready(): void {
    this.#readyAt = systemRuntime.monotonic()
  }

  /** @param attempt from 1 on, since a connection was last ready */
  pauseMs(attempt: number): number {
    if (attempt === 1) {
      const lasted = systemRuntime.monotonic() - this.#readyAt >= STEADY_MS
      this.#flaps = lasted ? 0 : Math.min(this.#flaps + 1, MOST_FLAPS)
    }
    return backoffMs(attempt + this.#flaps)
  }
}

/** Exponential with full jitter on its upper half, so that a fleet does not come back in step. */
export function backoffMs(attempt: number): number {
  const ceiling = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_BACKOFF_MS)
  return ceiling * (0.5 + systemRuntime.random() / 2)
}
