import type { ResultReader, TaskStatus, WaitOptions } from './result-reader.ts'
import type { Revoker } from './revoker.ts'

/** A handle on one enqueued task. Holds nothing but its id: make one for any id with `app.job(id)`. */
export class Job<Output = unknown> {
  readonly id: string
  /** True when `unique` found the task already there: this is the earlier one's handle. */
  readonly duplicate: boolean
  readonly #reader: ResultReader
  readonly #revoker: Revoker

  constructor(
    id: string,
    duplicate: boolean,
    access: { readonly reader: ResultReader; readonly revoker: Revoker },
  ) {
    this.id = id
    this.duplicate = duplicate
    this.#reader = access.reader
    this.#revoker = access.revoker
  }

  /**
   * Waits for what the handler returns.
   * @throws QueueError TASK_FAILED (`cause` is the handler's own error), TASK_TIMEOUT, TASK_CANCELLED, RESULT_TIMEOUT after
   * `timeout` (default 5 minutes), UNSUPPORTED without a result backend
   */
  result(options?: WaitOptions): Promise<Output> {
    return this.#reader.result(this.id, options) as Promise<Output>
  }

  status(): Promise<TaskStatus> {
    return this.#reader.status(this.id)
  }

  /** Not started: it never will. Running: its `context.signal` aborts. Finished: nothing changes. */
  revoke(reason?: string): Promise<void> {
    return this.#revoker.revoke([this.id], reason)
  }
}
