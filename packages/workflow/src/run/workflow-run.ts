import { QueueError } from '@bananasjs/core'
import type { Duration } from '@bananasjs/core'
import type { Engine } from '../engine/engine.ts'
import { openValue } from '../engine/gather-value.ts'
import type { Source } from '../engine/gather-value.ts'
import { readResults } from '../engine/node-results.ts'
import type { PlanView } from '../plan/life.ts'
import { forgotten } from '../plan/plan-store.ts'
import { retryWorkflow } from './retry-workflow.ts'
import type { RetryOptions } from './retry-workflow.ts'
import { workflowStatus } from './workflow-status.ts'
import type { WorkflowStatus } from './workflow-status.ts'

export interface ResultOptions {
  /** RESULT_TIMEOUT after this long. Default 5 minutes. The workflow itself goes on. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

export interface RunParts {
  readonly source: Source
  readonly engine: Engine
}

/** A handle on one workflow. Holds nothing but its id: make one for any id with `flows.run(id)`. */
export class WorkflowRun<Out = unknown> {
  readonly id: string
  readonly #parts: RunParts

  constructor(id: string, parts: RunParts) {
    this.id = id
    this.#parts = parts
  }

  /**
   * Waits for what the last step returns, or a group's results. A retry that begins later is another wait.
   * @throws QueueError TASK_FAILED (`cause` is the error of the step that failed), TASK_TIMEOUT, TASK_CANCELLED,
   * RESULT_TIMEOUT, INVALID when a result has expired
   */
  async result(options: ResultOptions = {}): Promise<Out> {
    const { source } = this.#parts
    await source.host.ready()
    const plan = await source.plans.current(this.id)
    const value = await source.host.result(plan?.resultId ?? this.id, options)
    return (await openValue(source, value)) as Out
  }

  /** The graph, and what is known of each of its nodes now. @throws QueueError INVALID when unknown or expired */
  async status(): Promise<WorkflowStatus> {
    return workflowStatus(this.#parts.source, await this.#plan())
  }

  /**
   * Ends it: what has not started never will, what runs gets its signal. Where steps have compensations, those run. False
   * when it had ended before, whatever its end.
   * @throws QueueError INVALID when unknown or expired
   */
  async cancel(reason = 'the workflow was cancelled'): Promise<boolean> {
    const { source, engine } = this.#parts
    const plan = await this.#plan()
    if ((await readResults(source.host, [plan.resultId])).get(plan.resultId)?.final === true) return false
    await engine.stop(plan, { name: 'QueueError', code: 'TASK_CANCELLED', message: reason })
    return true
  }

  /**
   * Runs again what failed, was cancelled or never came to run; what succeeded stays. Where effects were taken back, all runs
   * again. Resolves once what comes first is durable.
   * @throws QueueError INVALID when there is nothing to retry, CONFLICT while it runs
   */
  async retry(options: RetryOptions = {}): Promise<void> {
    await retryWorkflow(this.#parts, await this.#plan(), options)
  }

  async #plan(): Promise<PlanView> {
    const { host, plans } = this.#parts.source
    await host.ready()
    if (host.results === undefined)
      throw new QueueError(
        'UNSUPPORTED',
        `Nothing is kept of workflow ${this.id} without a result backend: new Bananas({ transport, results: … }).`,
      )
    const plan = await plans.current(this.id)
    if (plan === undefined) throw forgotten(this.id)
    return plan
  }
}
