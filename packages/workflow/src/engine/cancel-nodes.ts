import { taskId } from '../plan/plan.ts'
import type { Span } from '../plan/plan.ts'
import type { PlanView } from '../plan/plan-store.ts'
import type { Source } from './gather-value.ts'
import { readResults } from './node-results.ts'

const PAGE = 500

/** Revokes the tasks of a row of nodes that have not ended: what has not started never will, what runs is told to stop. */
export async function cancelNodes(
  { host }: Source,
  plan: PlanView,
  [first, length]: Span,
  reason = 'what it belongs to has failed',
): Promise<void> {
  for (let at = first; at < first + length; at += PAGE) {
    const ids: string[] = []
    for (let node = at; node < Math.min(at + PAGE, first + length); node += 1) {
      const found = plan.node(node)
      const { kind, aside } = found instanceof Promise ? await found : found
      if (kind === 'task' && aside === undefined && node !== plan.head.end)
        ids.push(taskId(plan.flow, plan.head, node))
    }
    const results = await readResults(host, ids)
    const open = ids.filter((id) => results.get(id)?.final !== true)
    if (open.length > 0) await host.revoke(open, reason)
  }
}
