import { nodeLabel } from '../plan/node-label.ts'
import { sizeOf } from '../plan/plan.ts'
import type { Edge, GateNode, PlanNode, TaskNode } from '../plan/plan.ts'
import type { PlanView } from '../plan/life.ts'
import type { NodeEnd } from './node-end.ts'

/** What follows from a node's end. */
export type Move =
  | {
      readonly kind: 'arrive'
      readonly end: NodeEnd
      readonly gate: number
      readonly at: number
      readonly size: number | undefined
    }
  | {
      readonly kind: 'send'
      readonly end: NodeEnd
      readonly plan: PlanView
      readonly to: number
      readonly node: TaskNode
      readonly name: string
    }
  /** A gate with nobody else to wait for. */
  | {
      readonly kind: 'pass'
      readonly end: NodeEnd
      readonly plan: PlanView
      readonly to: number
      readonly node: GateNode
    }
  /** It can never be reached. */
  | {
      readonly kind: 'doom'
      readonly end: NodeEnd
      readonly plan: PlanView
      readonly to: number
      readonly node: PlanNode
      readonly name: string
    }
  | { readonly kind: 'finish'; readonly end: NodeEnd; readonly plan: PlanView }

/** Known from the message alone, for a success that is awaited at one gate. */
export function moveByExit(end: NodeEnd): Move | undefined {
  if (end.exit === undefined || !end.ok) return undefined
  const { gate, at, size } = end.exit
  return { kind: 'arrive', end, gate, at, size }
}

export async function movesByPlan(plan: PlanView, end: NodeEnd): Promise<readonly Move[]> {
  const node = await plan.node(end.node)
  if (end.member !== undefined) return memberMoves(plan, end, node as GateNode)
  const name = nodeLabel(plan.head, node)
  const moves: Move[] = []
  for (const edge of node.next ?? []) {
    const move = isAwaited(edge, end)
      ? moveAlong(plan, end, { edge, name, node: await plan.node(edge[0]) })
      : undefined
    if (move !== undefined) moves.push(move)
  }
  if (end.node === plan.head.end) moves.push({ kind: 'finish', end, plan })
  return moves
}

/** The sender's place is the first, those of the members follow. */
function memberMoves(plan: PlanView, end: NodeEnd, gate: GateNode): readonly Move[] {
  if (!end.ok && gate.policy === 'failFast')
    return [{ kind: 'doom', end, plan, to: end.node, node: gate, name: `member ${end.member}` }]
  return [{ kind: 'arrive', end, gate: end.node, at: end.member! + 1, size: undefined }]
}

function isAwaited([, , when]: Edge, { ok }: NodeEnd): boolean {
  return when === 'value' || when === 'complete' || ok === (when === 'success')
}

interface Step {
  readonly edge: Edge
  readonly node: PlanNode
  /** Of the node that ended. */
  readonly name: string
}

function moveAlong(plan: PlanView, end: NodeEnd, step: Step): Move {
  const {
    edge: [to, , when],
    node,
    name,
  } = step
  const failed = !end.ok && when === 'value'
  if (failed && isDoomed(node, end)) return { kind: 'doom', end, plan, to, node, name }
  return node.kind === 'task'
    ? { kind: 'send', end, plan, to, node, name }
    : moveToGate(plan, end, step, node)
}

// oxlint-disable-next-line max-params -- a way to a gate of a plan
function moveToGate(plan: PlanView, end: NodeEnd, { edge: [to, at] }: Step, node: GateNode): Move {
  const size = sizeOf(node)
  // Alone before a gate that looks at nothing but success.
  if (size === 0 || (size === 1 && node.policy === 'failFast')) return { kind: 'pass', end, plan, to, node }
  return { kind: 'arrive', end, gate: to, at, size }
}

/** Will never be reached after this failure. */
function isDoomed(node: PlanNode, end: NodeEnd): boolean {
  return node.kind === 'task' || node.policy === 'failFast' || sizeOf(node) === 0 || isFromOutside(node, end)
}

/** A group bears failures of its members, not of what came before the group. */
function isFromOutside({ inside }: GateNode, { blame }: NodeEnd): boolean {
  if (inside === undefined || blame === undefined) return false
  const [first, length] = inside
  return blame < first || blame >= first + length
}
