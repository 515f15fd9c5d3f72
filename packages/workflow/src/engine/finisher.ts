import { parseRef } from '../plan/node-ref.ts'
import { taskId } from '../plan/plan.ts'
import type { PlanView } from '../plan/plan-store.ts'
import { cancelNodes } from './cancel-nodes.ts'
import { planCompensation } from './compensation.ts'
import type { Source } from './gather-value.ts'
import type { NodeEnd } from './node-end.ts'
import { writeResults } from './node-results.ts'
import type { NewResult } from './node-results.ts'
import { Remembered } from './remembered.ts'

/** Starts a plan that is stored. */
export type Start = (plan: PlanView, again: boolean) => Promise<void>

/** Ends workflows: writes the result, cancels what is left, takes effects back, and tells whom the workflow belongs to. */
export class Finisher {
  readonly #source: Source
  readonly #start: Start
  readonly #finished = new Remembered()

  constructor(source: Source, start: Start) {
    this.#source = source
    this.#start = start
  }

  /** Returns what ends with it: the step that waits for this workflow. */
  async finish(plan: PlanView, end: NodeEnd): Promise<readonly NodeEnd[]> {
    const key = `${end.generation} ${end.flow}`
    if (this.#finished.has(key) && !end.again) return []
    const ends = await this.#finish(plan, end)
    this.#finished.add(key)
    return ends
  }

  async #finish(plan: PlanView, end: NodeEnd): Promise<readonly NodeEnd[]> {
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
    const { flow, head } = plan
    const last = await plan.node(head.end)
    if (last.kind === 'task' && taskId(flow, head, head.end) === flow) return
    await this.#write({
      id: flow,
      state: 'succeeded',
      facts: { task: 'workflow' },
      value: { 'bananas-workflow': flow },
    })
  }

  async #fail(plan: PlanView, end: NodeEnd, reason = 'workflow failed'): Promise<readonly NodeEnd[]> {
    // First the fact, then its consequences: a crash in between repeats both.
    await this.#write({
      id: plan.flow,
      state: 'failed',
      facts: { task: 'workflow', error: end.error!, reason },
    })
    if (!plan.head.linear) await cancelNodes(this.#source, plan, [0, plan.head.size])
    return parentEnd(plan, end)
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
    const plan = await this.#source.plans.view(flow)
    if (plan === undefined) return []
    const end: NodeEnd = { flow, generation, node: plan.head.end, ok: false, error, again }
    return this.#fail(
      plan,
      end,
      ok ? 'workflow failed, compensated' : 'workflow failed, compensation failed too',
    )
  }

  #write(result: NewResult): Promise<void> {
    return writeResults(this.#source.host, [result], this.#source.keepMs)
  }
}

/** A workflow that stands in for a step ends it. */
function parentEnd(plan: PlanView, end: NodeEnd): readonly NodeEnd[] {
  const { parent } = plan.head
  const ref = parent === undefined ? undefined : parseRef(parent.ref)
  if (ref === undefined) return []
  const { ok, error, again } = end
  return [{ ...ref, ok, again, ...(error !== undefined && { error }) }]
}
