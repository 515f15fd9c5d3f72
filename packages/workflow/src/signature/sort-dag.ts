import { QueueError } from '@bananasjs/core'
import type { DagNode } from './blueprint.ts'

/**
 * Parents before children, else in the order given; depth first with an explicit stack, so that a graph may be as deep
 * as it likes.
 * @throws QueueError INVALID for an unknown parent, or a cycle, which is named
 */
export function sortDag(nodes: ReadonlyMap<string, DagNode>): readonly DagNode[] {
  const sorted = new Set<DagNode>()
  for (const node of nodes.values()) visit(nodes, node, sorted)
  return [...sorted]
}

interface Visit {
  readonly node: DagNode
  readonly parents: readonly string[]
  next: number
}

function visit(nodes: ReadonlyMap<string, DagNode>, start: DagNode, sorted: Set<DagNode>): void {
  const path: Visit[] = []
  const onPath = new Set<string>()
  const enter = (node: DagNode): void => {
    onPath.add(node.name)
    path.push({ node, parents: [...Object.values(node.inputs), ...node.after], next: 0 })
  }
  if (!sorted.has(start)) enter(start)
  while (path.length > 0) {
    const top = path.at(-1)!
    const name = top.parents[top.next++]
    if (name === undefined) {
      sorted.add(top.node)
      onPath.delete(top.node.name)
      path.pop()
      continue
    }
    const parent = nodes.get(name)
    if (parent === undefined) throw unknown(top.node.name, name, nodes)
    if (onPath.has(name))
      throw cycle(
        path.map(({ node }) => node.name),
        name,
      )
    if (!sorted.has(parent)) enter(parent)
  }
}

function unknown(node: string, parent: string, nodes: ReadonlyMap<string, DagNode>): QueueError {
  const known = [...nodes.keys()].slice(0, 20).join(', ')
  return new QueueError(
    'INVALID',
    `Node "${node}" depends on "${parent}", which is no node of this graph. It has: ${known}.`,
  )
}

function cycle(path: readonly string[], again: string): QueueError {
  const loop = [...path.slice(path.indexOf(again)), again].toReversed()
  return new QueueError(
    'INVALID',
    `The graph runs in a circle: ${loop.join(' → ')}. A node cannot wait for itself.`,
  )
}
