import type { PlanView } from '../plan/life.ts'
import type { PlanNode, Span } from '../plan/plan.ts'
import { isElsewhere } from './gather-value.ts'
import type { Source } from './gather-value.ts'
import { readResults } from './node-results.ts'
import type { NodeResult } from './node-results.ts'
import { readSent } from './sent.ts'

const PAGE = 500

/**
 * Revokes the tasks of a row of nodes that have not ended, but for callbacks: what has not started never will, what runs is
 * told to stop. So are workflows that took the place of a step.
 */
export async function cancelNodes(
  source: Source,
  plan: PlanView,
  [first, length]: Span,
  reason = 'what it belongs to has failed',
): Promise<void> {
  let page: string[] = []
  for (let at = first; at < first + length; at += 1) {
    const found = plan.node(at)
    const node = found instanceof Promise ? await found : found
    if (node.kind === 'gate' && node.open !== undefined) await cancelMembers(source, plan, at, reason)
    if (!isCancelled(node)) continue
    page.push(plan.id(at))
    if (page.length < PAGE) continue
    await cancelPage(source, page, reason)
    page = []
  }
  await cancelPage(source, page, reason)
}

function isCancelled({ kind, aside }: PlanNode): boolean {
  return kind === 'task' && aside === undefined
}

// oxlint-disable-next-line max-params -- members are those of a gate of a plan
async function cancelMembers(source: Source, plan: PlanView, gate: number, reason: string): Promise<void> {
  const sent = await readSent(source.host, plan.flow)
  for (let from = 0; from < sent; from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, sent - from) }, (_, at) => plan.id(gate, from + at))
    await cancelPage(source, ids, reason)
  }
}

async function cancelPage(source: Source, ids: readonly string[], reason: string): Promise<void> {
  if (ids.length === 0) return
  const results = await readResults(source.host, ids)
  const open = ids.filter((id) => results.get(id)?.final !== true)
  if (open.length > 0) await source.host.revoke(open, reason)
  for (const result of results.values()) await cancelElsewhere(source, result, reason)
}

/** Where a step returned another workflow, that one may still run. */
async function cancelElsewhere(source: Source, result: NodeResult, reason: string): Promise<void> {
  if (result.state !== 'succeeded' || !result.small) return
  const value = result.value()
  if (!isElsewhere(value)) return
  const plan = await source.plans.current(value['bananas-workflow'])
  if (plan === undefined) return
  const whole = (await readResults(source.host, [plan.resultId])).get(plan.resultId)
  if (whole?.final === true) return
  await source.host.revoke([plan.resultId], reason)
  await cancelNodes(source, plan, [0, plan.head.size], reason)
}
