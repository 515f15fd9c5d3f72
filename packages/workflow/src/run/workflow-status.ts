import type { ErrorRecord } from '@bananasjs/core'
import { isElsewhere, readTotal } from '../engine/gather-value.ts'
import type { Source } from '../engine/gather-value.ts'
import { countArrived, countFailed } from '../engine/gates.ts'
import { errorOf, readResults } from '../engine/node-results.ts'
import type { NodeResult } from '../engine/node-results.ts'
import type { PlanView } from '../plan/life.ts'
import { nodeLabel } from '../plan/node-label.ts'
import { depsOf, sizeOf } from '../plan/plan.ts'
import type { GateNode, PlanNode, When } from '../plan/plan.ts'

export interface WorkflowStatus {
  readonly id: string
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired'
  /** How often it has been retried. */
  readonly retries: number
  /** Epoch ms, as all moments here. */
  readonly startedAt: number
  readonly deadlineAt?: number
  readonly finishedAt?: number
  readonly error?: ErrorRecord
  /** What became of it, in words. */
  readonly reason?: string
  /** Parents before their children. */
  readonly nodes: readonly NodeStatus[]
}

/**
 * `waiting` for others, `sent` to a queue (and running, unless it reports progress), `running`, or one of the ends; `skipped`
 * is a callback nobody called.
 */
export type NodeState =
  | 'waiting'
  | 'sent'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'skipped'

export interface NodeStatus {
  readonly node: number
  /** Of its task and result; a join has none. */
  readonly id?: string
  readonly name: string
  /** A step is a task; a join waits for several nodes; a callback is a step that nobody waits for. */
  readonly kind: 'step' | 'join' | 'callback'
  readonly task?: string
  readonly state: NodeState
  readonly parents: readonly NodeParent[]
  readonly attempt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
  readonly progress?: number
  readonly error?: ErrorRecord
  readonly value?: unknown
  /** The workflow that took this step's place. */
  readonly became?: string
  /** Of a fan-out; `total` is known once all are sent. */
  readonly members?: { readonly total?: number; readonly ended: number; readonly failed: number }
}

export interface NodeParent {
  readonly node: number
  readonly when: When
}

/** Reads plan and results in pages. */
export async function workflowStatus(source: Source, plan: PlanView): Promise<WorkflowStatus> {
  const { flow, head, generation, life, resultId } = plan
  const nodes: PlanNode[] = []
  for (let at = 0; at < head.size; at += 1) nodes.push(await plan.node(at))
  const ids = nodes.flatMap((node, at) => (node.kind === 'task' ? plan.id(at) : []))
  const results = await readResults(source.host, [...new Set([...ids, resultId])])
  const whole = results.get(resultId)
  const over = whole?.final === true
  const known: NodeStatus[] = []
  for (const [at, node] of nodes.entries())
    known.push(
      node.kind === 'task'
        ? stepStatus(plan, at, { node, result: results.get(plan.id(at)), known, over })
        : await joinStatus(source, plan, at, { node, known, over }),
    )
  return {
    id: flow,
    state: over ? (whole.state as WorkflowStatus['state']) : 'running',
    retries: generation,
    startedAt: life?.startedAt ?? head.startedAt,
    ...(head.deadlineAt !== undefined && { deadlineAt: head.deadlineAt }),
    ...(over && endFacts(whole)),
    nodes: known,
  }
}

function endFacts({ state, facts }: NodeResult): Partial<WorkflowStatus> {
  return {
    ...(facts.finishedAt !== undefined && { finishedAt: facts.finishedAt }),
    ...(facts.reason !== undefined && { reason: facts.reason }),
    ...(state !== 'succeeded' && { error: errorOf({ state, facts }) }),
  }
}

interface Known<Node> {
  readonly node: Node
  /** Of the nodes before. */
  readonly known: readonly NodeStatus[]
  /** Of the whole workflow. */
  readonly over: boolean
}

function stepStatus(
  plan: PlanView,
  at: number,
  { node, result, known, over }: Known<PlanNode> & { readonly result: NodeResult | undefined },
): NodeStatus {
  const parents = node.from === undefined ? [] : [{ node: node.from.node, when: node.from.when }]
  const name = nodeLabel(plan.head, node)
  const task = node.kind === 'task' ? plan.head.shapes[node.shape]!.task : name
  const base = { node: at, id: plan.id(at), name, task, kind: kindOf(node), parents }
  if (result === undefined || result.state === 'queued')
    return { ...base, state: unknownState(parents, known, over) }
  return { ...base, state: result.state, ...runFacts(result), ...outcome(result) }
}

function runFacts({ facts: { attempt, startedAt, finishedAt, progress } }: NodeResult): Partial<NodeStatus> {
  const facts = { attempt, startedAt, finishedAt, progress }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

function outcome(result: NodeResult): Partial<NodeStatus> {
  if (!result.final) return {}
  if (result.state !== 'succeeded') return { error: errorOf(result) }
  const value = result.value()
  return isElsewhere(value) ? { became: value['bananas-workflow'] } : { value }
}

function kindOf({ aside }: PlanNode): NodeStatus['kind'] {
  return aside === undefined ? 'step' : 'callback'
}

/** Nothing is stored of it yet: it waits for those before, or has been sent. */
function unknownState(
  parents: readonly NodeParent[],
  known: readonly NodeStatus[],
  over: boolean,
): NodeState {
  for (const { node, when } of parents) {
    const { state } = known[node]!
    if (isOpen(state)) return over ? 'skipped' : 'waiting'
    if (!isCalled(when, state === 'succeeded')) return 'skipped'
  }
  return 'sent'
}

function isCalled(when: When, well: boolean): boolean {
  return when === 'complete' || well === (when !== 'failure')
}

// oxlint-disable-next-line max-params -- a join of a plan, and what is known before it
async function joinStatus(
  source: Source,
  plan: PlanView,
  at: number,
  { node, known, over }: Known<GateNode>,
): Promise<NodeStatus> {
  const { flow, head } = plan
  const name = nodeLabel(head, node)
  const base = { node: at, name, kind: 'join' as const }
  if (node.open !== undefined)
    return {
      ...base,
      task: head.shapes[node.open]!.task,
      parents: [],
      ...(await openStatus(source, flow, at, over)),
    }
  const deps = depsOf(node)
  const parents: readonly NodeParent[] =
    deps.length === 0 && node.from !== undefined
      ? [{ node: node.from.node, when: node.from.when }]
      : deps.map((dep) => ({ node: dep, when: 'value' }))
  return { ...base, state: joinState(node, parents, known), parents }
}

/** Members count in the first life: none is ever sent again. */
// oxlint-disable-next-line max-params -- an open join of a workflow, which may be over
async function openStatus(
  { host, keepMs }: Source,
  flow: string,
  at: number,
  over: boolean,
): Promise<Pick<NodeStatus, 'state' | 'members'>> {
  const gate = { flow, generation: 0, gate: at, size: undefined, keepMs }
  const [arrived, failed, total] = await Promise.all([
    countArrived(host, gate),
    countFailed(host, gate),
    readTotal(host, flow),
  ])
  // Whoever sends the members arrives, too, once all are sent.
  const ended = Math.max(0, arrived - (total === undefined ? 0 : 1))
  const open = over ? 'failed' : 'running'
  return {
    state: total === undefined || ended < total ? open : 'succeeded',
    members: { ...(total !== undefined && { total }), ended, failed },
  }
}

function joinState(gate: GateNode, parents: readonly NodeParent[], known: readonly NodeStatus[]): NodeState {
  const states = parents.map(({ node }) => known[node]!.state)
  const well = states.filter((state) => state === 'succeeded').length
  const open = states.filter(isOpen).length
  const { policy } = gate
  if (well === states.length) return 'succeeded'
  if (policy === 'failFast' && well + open < states.length) return 'failed'
  if (open > 0) return 'waiting'
  if (isBarred(gate, parents, known)) return 'cancelled'
  if (policy === 'settled') return 'succeeded'
  return typeof policy === 'object' && well >= policy.atLeast && sizeOf(gate) > 0 ? 'succeeded' : 'failed'
}

/** What came before the group failed: its members never ran. */
function isBarred(
  { inside }: GateNode,
  parents: readonly NodeParent[],
  known: readonly NodeStatus[],
): boolean {
  if (inside === undefined) return false
  const before = parents.flatMap(({ node }) => known[node]!.parents).filter(({ node }) => node < inside[0])
  return before.some(({ node, when }) => !isCalled(when, known[node]!.state === 'succeeded'))
}

function isOpen(state: NodeState): boolean {
  return state === 'waiting' || state === 'sent' || state === 'running'
}
