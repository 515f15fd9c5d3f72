import type { PlanHead, PlanNode } from './plan.ts'

/** What a node is called: by its own name, else by its task, else by what it is. */
export function nodeLabel(head: Pick<PlanHead, 'shapes'>, node: PlanNode): string {
  if (node.name !== undefined) return node.name
  if (node.kind === 'task') return head.shapes[node.shape]!.task
  return node.keys === undefined ? 'group' : 'join'
}
