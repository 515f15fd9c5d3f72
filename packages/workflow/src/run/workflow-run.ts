import type { Duration } from '@bananasjs/core'
import type { EngineOptions } from '../engine/engine.ts'
import { openValue } from '../engine/gather-value.ts'

export interface ResultOptions {
  /** RESULT_TIMEOUT after this long. Default 5 minutes. The workflow itself goes on. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

/** A handle on one workflow. Holds nothing but its id: make one for any id with `flows.run(id)`. */
export class WorkflowRun<Out = unknown> {
  readonly id: string
  readonly #source: EngineOptions

  constructor(id: string, source: EngineOptions) {
    this.id = id
    this.#source = source
  }

  /**
   * Waits for what the last step returns, or a group's results.
   * @throws QueueError TASK_FAILED (`cause` is the error of the step that failed), TASK_TIMEOUT, TASK_CANCELLED,
   * RESULT_TIMEOUT, INVALID when a result has expired
   */
  async result(options: ResultOptions = {}): Promise<Out> {
    const value = await this.#source.host.result(this.id, options)
    return (await openValue(this.#source, value)) as Out
  }
}
