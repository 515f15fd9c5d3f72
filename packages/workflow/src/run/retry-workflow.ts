import { QueueError } from '@bananasjs/core'
import { cancelNodes } from '../engine/cancel-nodes.ts'
import type { NodeEnd } from '../engine/node-end.ts'
import { readResults } from '../engine/node-results.ts'
import type { Life, PlanView, Renewal } from '../plan/life.ts'
import { spansOf } from '../plan/life.ts'
import { writeRef } from '../plan/node-ref.ts'
import { forgotten } from '../plan/plan-store.ts'
import { retryInputs } from './retry-inputs.ts'
import { toBeRenewed } from './to-be-renewed.ts'
import type { Renewed } from './to-be-renewed.ts'
import type { RunParts } from './workflow-run.ts'

export interface RetryOptions {
  /** Other inputs for steps that run again: by the step's name, or by its id where several have one name. */
  readonly inputs?: Readonly<Record<string, unknown>>
}

/**
 * Begins another life of a workflow that failed or was cancelled. First the life is stored, then the ends that stand are
 * told once more, which sends what comes next: when that is cut short, the next call carries on with it.
 */
export async function retryWorkflow(
  parts: RunParts,
  plan: PlanView,
  options: RetryOptions,
  parent?: PlanView['parent'],
): Promise<void> {
  const { source } = parts
  if (parent === undefined && plan.parent !== undefined)
    throw new QueueError(
      'INVALID',
      `Workflow ${plan.flow} took the place of step ${plan.parent.id}. Retry the workflow that one belongs to.`,
    )
  const state = (await readResults(source.host, [plan.resultId])).get(plan.resultId)
  if (state?.final !== true) return carryOnUnsent(parts, plan)
  if (state.state === 'succeeded')
    throw new QueueError('INVALID', `Workflow ${plan.flow} has succeeded: there is nothing to retry.`)
  // Nothing of the life before may still be under way.
  await cancelNodes(source, plan, [0, plan.head.size], 'the workflow is being retried')
  const renewed = await toBeRenewed(source, plan)
  const life: Life = {
    generation: plan.generation + 1,
    by: source.host.runtime.id(),
    renewed: renewals(plan, renewed.nodes),
    inputs: { ...plan.life?.inputs, ...(await retryInputs(plan, renewed.nodes, options.inputs ?? {})) },
    startedAt: source.host.runtime.now(),
    ...(parent !== undefined && { parent }),
  }
  await carryOn(parts, await source.plans.renew(plan, life), renewed)
}

function renewals(plan: PlanView, nodes: ReadonlySet<number>): readonly Renewal[] {
  const generation = plan.generation + 1
  const earlier = (plan.life?.renewed ?? []).flatMap(([first, length, since]) =>
    spansOf(Array.from({ length }, (_, at) => first + at).filter((at) => !nodes.has(at))).map(
      ([start, count]): Renewal => [start, count, since],
    ),
  )
  const now = spansOf([...nodes].toSorted((a, b) => a - b))
  return [...earlier, ...now.map(([start, count]): Renewal => [start, count, generation])]
}

/** A retry that was cut short is begun again; one that is under way is not. */
async function carryOnUnsent(parts: RunParts, plan: PlanView): Promise<void> {
  const { host } = parts.source
  const sent = await host.results!.swap(sentKey(host.namespace, plan), null, null, 0)
  if (plan.generation === 0 || sent !== null)
    throw new QueueError(
      'CONFLICT',
      `Workflow ${plan.flow} is still running. Retry it when it has failed, or cancel it first.`,
    )
  const before = await parts.source.plans.view(plan.flow, { generation: plan.generation - 1 })
  if (before === undefined) throw forgotten(plan.flow)
  await carryOn(parts, plan, await toBeRenewed(parts.source, before))
}

async function carryOn(parts: RunParts, plan: PlanView, renewed: Renewed): Promise<void> {
  const { source, engine } = parts
  const { flow, generation } = plan
  const ends = renewed.standing.map((node): NodeEnd => ({ flow, generation, node, ok: true, again: true }))
  await engine.advance(ends)
  for (const { node, became } of renewed.elsewhere) {
    const child = await source.plans.current(became)
    if (child === undefined) throw forgotten(became)
    const ref = writeRef({ flow, generation, node })
    await retryWorkflow(parts, child, {}, { id: plan.id(node), ref })
  }
  await engine.start(plan, { again: true })
  const { results, namespace } = source.host
  await results!.swap(sentKey(namespace, plan), null, Buffer.from('yes'), source.keepMs)
}

function sentKey(namespace: string, { flow, generation }: PlanView): string {
  return `${namespace}.workflow.${flow}.life${generation}.sent`
}
