import type { Runtime, Timer } from './runtime.ts'
import { createUuidV7 } from './uuid-v7.ts'

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/** The real clock, timers and randomness of this process. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs, background = false) => new SystemTimer(callback, delayMs, background),
  nextTurn: (callback) => void setImmediate(callback),
  random: () => Math.random(),
  id: createUuidV7(() => Date.now()),
}

class SystemTimer implements Timer {
  readonly #background: boolean
  #handle: NodeJS.Timeout | undefined

  constructor(callback: () => void, delayMs: number, background: boolean) {
    this.#background = background
    this.#start(callback, delayMs)
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  // setTimeout fires at once for anything above 2^31 - 1 ms, so long delays go in stages; of what is past already, it warns.
  #start(callback: () => void, leftMs: number): void {
    const stageMs = Math.max(0, Math.min(leftMs, LONGEST_TIMEOUT_MS))
    const next = leftMs > stageMs ? () => this.#start(callback, leftMs - stageMs) : callback
    this.#handle = setTimeout(next, stageMs)
    if (this.#background) this.#handle.unref()
  }
}
