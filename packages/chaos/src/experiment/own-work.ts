import type { Task, Worker } from '@bananasjs/core'

/** Tasks of one's own in place of the load's: then their handlers and settings are on trial. */
export interface OwnWork {
  readonly task: Task<unknown, unknown, unknown>
  /** What the n-th task gets. */
  readonly input: (n: number) => unknown
  /** Gives a worker the handlers. */
  readonly register: (worker: Worker) => void | Promise<void>
  /** Is this what the n-th task should return? Default: whatever it is. */
  readonly isRight?: ((value: unknown, n: number) => boolean) | undefined
}
