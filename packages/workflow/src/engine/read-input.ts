import { compose } from '../plan/compose.ts'
import { nodeLabel } from '../plan/node-label.ts'
import type { NodeRef } from '../plan/node-ref.ts'
import type { TaskNode } from '../plan/plan.ts'
import { forgotten } from '../plan/plan-store.ts'
import { gatherValue } from './gather-value.ts'
import type { Source } from './gather-value.ts'
import { fulfilment } from './send-node.ts'

/**
 * The input of a step whose message does not hold it: from the stored results of what it waited for.
 * @throws QueueError INVALID when plan or results are no longer there
 */
export async function readInput(source: Source, ref: NodeRef, inline: string | undefined): Promise<unknown> {
  const plan = await source.plans.view(ref.flow, { generation: ref.generation, inline })
  if (plan === undefined) throw forgotten(ref.flow)
  const node = (await plan.node(ref.node)) as TaskNode
  const { from } = node
  if (from === undefined || node.immutable === true) return node.bound?.value
  const value = await gatherValue(source, plan, from.node)
  const label = `Step "${nodeLabel(plan.head, node)}"`
  if (from.when !== 'complete') return compose(node.bound, value, label)
  const name = nodeLabel(plan.head, await plan.node(from.node))
  return compose(node.bound, fulfilment(plan, from.node, name, value), label)
}
