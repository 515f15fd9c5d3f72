import type { ErrorRecord, ResultFacts } from '@bananasjs/core'
import { parseRef } from '../plan/node-ref.ts'
import type { PlanView } from '../plan/life.ts'
import { cancelNodes } from './cancel-nodes.ts'
import { planCompensation } from './compensation.ts'
import type { Source } from './gather-value.ts'
import type { NodeEnd } from './node-end.ts'
import { writeResults } from './node-results.ts'
import type { NewResult } from './node-results.ts'

export interface FinisherOptions extends Source {
  /** Hears of workflows that end here. */
  readonly onEnd: (end: WorkflowEnd) => void
}

export interface WorkflowEnd {
  readonly workflow: string
  readonly state: 'succeeded' | 'failed'
  readonly error?: ErrorRecord
}

/** Starts a plan that is stored. */
export type Start = (plan: PlanView, again: boolean) => Promise<void>

/** Ends workflows: writes the result, cancels what is left, takes effects back, and tells whom the workflow belongs to. */
export class Finisher {
  readonly #source: FinisherOptions
  readonly #start: Start

  constructor(source: FinisherOptions, start: Start) {
    this.#source = source
    this.#start = start
  }

  /** Returns what ends with it: the step that waits for this workflow. */
  async finish(plan: PlanView, end: NodeEnd): Promise<readonly NodeEnd[]> {
    const { undoes } = plan.head
    if (undoes !== undefined) return this.#undone(undoes, end)
    if (end.ok) {
      await this.#succeed(plan)
      return parentEnd(plan, end)
    }
    if (await this.#compensate(plan, end)) return []
    return this.#fail(plan, end)
  }

  /** Where the last step is no task under the workflow's own id, the result is told to be the value of that step. */
  async #succeed(plan: PlanView): Promise<void> {
    const { flow, head, resultId } = plan
    this.#source.onEnd({ workflow: flow, state: 'succeeded' })
    const last = await plan.node(head.end)
    if (last.kind === 'task' && plan.id(head.end) === resultId) return
    await this.#write({
      id: resultId,
      state: 'succeeded',
      facts: this.#facts,
      value: { 'bananas-workflow': flow },
    })
  }

  async #fail(plan: PlanView, end: NodeEnd, reason = 'workflow failed'): Promise<readonly NodeEnd[]> {
    this.#source.onEnd({ workflow: plan.flow, state: 'failed', error: end.error! })
    // First the fact, then its consequences: a crash in between repeats both.
    await this.#write({
      id: plan.resultId,
      state: 'failed',
      facts: { ...this.#facts, error: end.error!, reason },
    })
    if (!plan.head.linear) await cancelNodes(this.#source, plan, [0, plan.head.size])
    return parentEnd(plan, end)
  }

  /**
   * Before its time: nothing more is started, what runs is told to stop. Where effects are to be taken back, the workflow ends
   * when that has been done.
   */
  async stop(plan: PlanView, error: ErrorRecord): Promise<void> {
    const state = error.code === 'TASK_CANCELLED' ? 'cancelled' : 'failed'
    const facts = state === 'failed' ? { error, reason: error.message } : { reason: error.message }
    if (plan.head.undoable.length === 0)
      await this.#write({ id: plan.resultId, state, facts: { ...this.#facts, ...facts } })
    await cancelNodes(this.#source, plan, [0, plan.head.size], error.message)
  }

  /** True when there is something to take back: then the workflow ends when that has been done. */
  async #compensate(plan: PlanView, end: NodeEnd): Promise<boolean> {
    const undo = await planCompensation(this.#source, plan, end)
    if (undo === undefined) return false
    await this.#source.plans.save(undo.flow, undo.plan)
    const view = await this.#source.plans.view(undo.flow)
    if (view !== undefined) await this.#start(view, end.again)
    return true
  }

  /** The compensation is through, well or not. */
  async #undone(
    { flow, generation, error }: NonNullable<PlanView['head']['undoes']>,
    { ok, again }: NodeEnd,
  ): Promise<readonly NodeEnd[]> {
    const plan = await this.#source.plans.view(flow, { generation })
    if (plan === undefined) return []
    const end: NodeEnd = { flow, generation, node: plan.head.end, ok: false, error, again }
    return this.#fail(
      plan,
      end,
      ok ? 'workflow failed, compensated' : 'workflow failed, compensation failed too',
    )
  }

  get #facts(): ResultFacts {
    return { task: 'workflow', finishedAt: this.#source.host.runtime.now() }
  }

  #write(result: NewResult): Promise<void> {
    return writeResults(this.#source.host, [result], this.#source.keepMs)
  }
}

/** A workflow that stands in for a step ends it. */
function parentEnd(plan: PlanView, end: NodeEnd): readonly NodeEnd[] {
  const { parent } = plan
  const ref = parent === undefined ? undefined : parseRef(parent.ref)
  if (ref === undefined) return []
  const { ok, error, again } = end
  return [{ ...ref, ok, again, ...(error !== undefined && { error }) }]
}
