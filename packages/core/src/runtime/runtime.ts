/** A running timer, as returned by `setTimer`. */
export interface Timer {
  cancel(): void
}

/**
 * The one seam through which core gets time, timers, randomness and ids. Tests put virtual time behind it,
 * simulations a seed, chaos a skewed clock.
 */
export interface Runtime {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number
  /** Milliseconds from an arbitrary start. Never jumps. */
  monotonic(): number
  /**
   * Runs `callback` once, after `delayMs`. Any delay is allowed, also beyond setTimeout's 2^31.
   * A `background` timer does not keep the process alive.
   */
  setTimer(callback: () => void, delayMs: number, background?: boolean): Timer
  /** Runs `callback` after the current turn of the event loop: when everything that is ready to run has run. */
  nextTurn(callback: () => void): void
  /** Uniform in [0, 1). */
  random(): number
  /** A new UUIDv7, greater than every one this runtime made before. */
  id(): string
}
