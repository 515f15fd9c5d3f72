import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'

/** One reader's wait for news: of this process, of another one, or of the end. */
export class Gate {
  readonly #leave: () => void
  #rung = false
  #resume: (() => void) | undefined

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** A ring while nobody waits is kept for the next `wait`, so that nothing falls between a look and a wait. */
  ring(): void {
    this.#rung = true
    this.#resume?.()
  }

  /** Resolves at the next ring or after `timeoutMs`; rejects with `signal.reason`. One wait at a time. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      const end = (): void => {
        this.#resume = undefined
        this.#rung = false
        timer?.cancel()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        end()
        reject(signal?.reason)
      }
      if (signal?.aborted) return abort()
      this.#resume = () => {
        end()
        resolve()
      }
      if (this.#rung) return this.#resume()
      if (timeoutMs !== Infinity) timer = systemRuntime.setTimer(this.#resume, timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Idempotent; ends a wait. */
  close(): void {
    this.#leave()
    this.ring()
  }
}
