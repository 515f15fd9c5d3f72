import { QueueError } from '@bananasjs/core'
import type { Bananas } from '@bananasjs/core'
import { nap } from './nap.ts'

const IN_FLIGHT = 50

/** What became of each task at the moment of sending. */
export interface Sent {
  readonly acknowledged: ReadonlySet<number>
  /** Rejected with a retryable error: stored or not, nobody can know. */
  readonly refused: ReadonlySet<number>
}

export interface Sending extends Sent {
  readonly finished: Promise<void>
}

/**
 * Sends naps 0 to `tasks`, fifty at a time. Each either resolves, and then must run, or rejects with a retryable error.
 * Any other error fails the trial.
 */
export function send(app: Bananas, tasks: number, longestNapMs: number): Sending {
  const acknowledged = new Set<number>()
  const refused = new Set<number>()
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < tasks) {
      const index = next
      next += 1
      try {
        await app.enqueue(nap, { index, ms: Math.floor(Math.random() * (longestNapMs + 1)) })
        acknowledged.add(index)
      } catch (error) {
        if (!QueueError.is(error) || !error.retryable) throw error
        refused.add(index)
      }
    }
  }
  const finished = Promise.all(Array.from({ length: IN_FLIGHT }, sender)).then(() => undefined)
  finished.catch(() => undefined) // awaited at the end of the trial
  return { acknowledged, refused, finished }
}
