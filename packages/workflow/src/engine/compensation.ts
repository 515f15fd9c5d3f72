import { compose } from '../plan/compose.ts'
import { nodeLabel } from '../plan/node-label.ts'
import { Nodes } from '../plan/nodes.ts'
import type { Plan, TaskNode } from '../plan/plan.ts'
import type { PlanView } from '../plan/life.ts'
import type { Shape } from '../signature/blueprint.ts'
import { openValue } from './gather-value.ts'
import type { Source } from './gather-value.ts'
import type { NodeEnd } from './node-end.ts'
import { readResults } from './node-results.ts'

export interface Compensation {
  readonly flow: string
  readonly plan: Plan
}

/**
 * Takes back what succeeded, the last first, each given the result of what it takes back; one that fails does not keep the
 * others from their turn. `undefined` when there is nothing to take back.
 */
export async function planCompensation(
  source: Source,
  plan: PlanView,
  { generation, error }: NodeEnd,
): Promise<Compensation | undefined> {
  const { flow, head } = plan
  const results = await readResults(
    source.host,
    head.undoable.map((at) => plan.id(at)),
  )
  const shapes: Shape[] = []
  const nodes: TaskNode[] = []
  for (const at of [...head.undoable].toSorted((a, b) => b - a)) {
    const result = results.get(plan.id(at))
    if (result?.state !== 'succeeded') continue
    const node = (await plan.node(at)) as TaskNode
    const { shape, bound, immutable } = node.undo!
    const name = `undo ${nodeLabel(head, node)}`
    const value = immutable ? bound?.value : compose(bound, await openValue(source, result.value()), name)
    shapes.push(shape)
    nodes.push({ kind: 'task', shape: nodes.length, name, bound: { value }, immutable: true })
  }
  if (nodes.length === 0) return undefined
  const undoHead: Plan['head'] = {
    size: nodes.length,
    shapes,
    end: nodes.length - 1,
    starts: [[0, 1]],
    undoable: [],
    linear: false,
    startedAt: head.startedAt,
    keepMs: head.keepMs,
    undoes: { flow, generation, error: error! },
  }
  return { flow: `${flow}.undo${generation}`, plan: { head: undoHead, nodes: new Nodes(nodes.map(inTurn)) } }
}

/** Each after the end of the one before, whatever that end was. */
function inTurn(node: TaskNode, at: number, all: readonly TaskNode[]): TaskNode {
  return {
    ...node,
    ...(at > 0 && { from: { node: at - 1, when: 'complete' } }),
    ...(at + 1 < all.length && { next: [[at + 1, 0, 'complete']] }),
  }
}
