import type { Nodes, Placed, Row } from './nodes.ts'
import type { PlanHead, PlanNode, Span } from './plan.ts'

/** What the head of a plan says of its nodes. */
export function graphOf(nodes: Nodes): Pick<PlanHead, 'size' | 'starts' | 'undoable' | 'linear'> {
  const placed = [...nodes]
  return {
    size: nodes.size,
    starts: startsOf(placed),
    undoable: undoableOf(placed),
    linear: placed.every(isLink),
  }
}

function isLink({ entry, first }: Placed): boolean {
  return entry.kind === 'task' && entry.undo === undefined && (first === 0 || entry.from !== undefined)
}

function undoableOf(nodes: readonly Placed[]): readonly number[] {
  return nodes.flatMap(({ entry, first }) => (entry.kind === 'task' && entry.undo !== undefined ? first : []))
}

function startsOf(nodes: readonly Placed[]): readonly Span[] {
  const starts: [number, number][] = []
  for (const { entry, first } of nodes) {
    if (!waitsForNobody(entry)) continue
    const last = starts.at(-1)
    const size = entry.kind === 'row' ? entry.size : 1
    if (last !== undefined && last[0] + last[1] === first) last[1] += size
    else starts.push([first, size])
  }
  return starts
}

function waitsForNobody(entry: PlanNode | Row): boolean {
  if (entry.kind === 'row') return entry.like.from === undefined
  return entry.from === undefined && (entry.kind === 'task' || entry.deps.length === 0)
}
