import { QueueError } from '@bananasjs/core'
import { verdict } from '../engine/arrive-all.ts'
import { countArrived } from '../engine/gates.ts'
import { isElsewhere, readTotal } from '../engine/gather-value.ts'
import type { Source } from '../engine/gather-value.ts'
import { readResults } from '../engine/node-results.ts'
import type { NodeResult } from '../engine/node-results.ts'
import type { PlanView } from '../plan/life.ts'
import { depsOf } from '../plan/plan.ts'
import type { GateNode, PlanNode } from '../plan/plan.ts'

/** What a retry does with the nodes of a workflow. */
export interface Renewed {
  /** Run again. */
  readonly nodes: ReadonlySet<number>
  /** Succeeded, and stay so. */
  readonly standing: readonly number[]
  /** Were replaced by workflows that did not succeed: those are retried. */
  readonly elsewhere: readonly { readonly node: number; readonly became: string }[]
}

interface Facts {
  readonly nodes: readonly PlanNode[]
  readonly standing: ReadonlySet<number>
  readonly elsewhere: ReadonlyMap<number, string>
}

/**
 * Everything from the end backwards that has not succeeded, up to what has; and the callbacks of all that. Where effects have
 * been taken back, everything.
 * @throws QueueError INVALID when members of a fan-out failed, whose inputs are not kept
 */
export async function toBeRenewed(source: Source, plan: PlanView): Promise<Renewed> {
  const facts = await readFacts(source, plan)
  if (plan.head.undoable.length > 0)
    return { nodes: new Set(facts.nodes.keys()), standing: [], elsewhere: [] }
  const reached = backwards(facts, plan.head.end)
  for (const at of reached) await checkOpen(source, plan, at, facts.nodes[at]!)
  const nodes = new Set([...reached, ...callbacks(facts, reached)].filter((at) => !facts.elsewhere.has(at)))
  const open = [...reached].filter((at) => isOpenGate(facts.nodes[at]!))
  return {
    nodes: new Set([...nodes].filter((at) => facts.nodes[at]!.kind === 'task')),
    standing: [...facts.standing, ...open],
    elsewhere: [...facts.elsewhere]
      .filter(([node]) => reached.has(node))
      .map(([node, became]) => ({ node, became })),
  }
}

async function readFacts(source: Source, plan: PlanView): Promise<Facts> {
  const nodes: PlanNode[] = []
  for (let at = 0; at < plan.head.size; at += 1) nodes.push(await plan.node(at))
  const tasks = nodes.flatMap((node, at) => (node.kind === 'task' ? at : []))
  const results = await readResults(
    source.host,
    tasks.map((at) => plan.id(at)),
  )
  const standing = new Set<number>()
  const elsewhere = new Map<number, string>()
  for (const at of tasks) {
    const result = results.get(plan.id(at))
    if (result?.state !== 'succeeded') continue
    const became = await failedElsewhere(source, result)
    if (became === undefined) standing.add(at)
    else elsewhere.set(at, became)
  }
  return { nodes, standing, elsewhere }
}

async function failedElsewhere(source: Source, result: NodeResult): Promise<string | undefined> {
  const value = result.small ? result.value() : undefined
  if (!isElsewhere(value)) return undefined
  const flow = value['bananas-workflow']
  const plan = await source.plans.current(flow)
  if (plan === undefined) return undefined
  const whole = (await readResults(source.host, [plan.resultId])).get(plan.resultId)
  return whole?.state === 'succeeded' ? undefined : flow
}

function backwards({ nodes, standing, elsewhere }: Facts, end: number): ReadonlySet<number> {
  const reached = new Set<number>()
  const open = [end]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reached.has(at) || standing.has(at)) continue
    reached.add(at)
    const node = nodes[at]!
    if (elsewhere.has(at)) continue
    if (node.from !== undefined) open.push(node.from.node)
    if (node.kind === 'gate') open.push(...depsOf(node))
  }
  return reached
}

/** All that is called when one of those ends. */
function callbacks({ nodes }: Facts, reached: ReadonlySet<number>): ReadonlySet<number> {
  const called = new Set<number>()
  const open = [...reached]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const [to] of nodes[at]!.next ?? []) {
      if (nodes[to]!.aside === undefined || called.has(to)) continue
      called.add(to)
      open.push(to)
    }
  return called
}

function isOpenGate(node: PlanNode): boolean {
  return node.kind === 'gate' && node.open !== undefined
}

// oxlint-disable-next-line max-params -- a node of a plan
async function checkOpen(source: Source, plan: PlanView, at: number, node: PlanNode): Promise<void> {
  if (!isOpenGate(node)) return
  const { flow } = plan
  const first = await source.plans.view(flow)
  const total = await readTotal(source.host, flow)
  const gate = { flow, generation: 0, gate: at, size: undefined, keepMs: source.keepMs }
  const arrived = await countArrived(source.host, gate)
  if (first !== undefined && total !== undefined && arrived > total)
    if ((await verdict(source, first, at)) === undefined) return
  const { shapes } = plan.head
  throw new QueueError(
    'INVALID',
    `Workflow ${flow} cannot be retried: members of its fan-out of "${shapes[(node as GateNode).open!]!.task}" failed, and their inputs are not kept. Start it again under another id, with the inputs that failed.`,
  )
}
