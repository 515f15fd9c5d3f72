import type { Serializer } from '@bananasjs/core/contract'
import { Nodes } from './nodes.ts'
import type { Row } from './nodes.ts'
import { packBound, unpackBound } from './plan-codec.ts'
import type { Bound } from './plan-codec.ts'
import type { GateNode, PlanNode, Span, TaskNode } from './plan.ts'

/** A node as it is stored, or a row of them. */
export type StoredNode = StoredTask | StoredRow | GateNode

interface StoredTask extends Omit<TaskNode, 'bound' | 'undo'> {
  readonly bound?: string
  readonly undo?: Omit<NonNullable<TaskNode['undo']>, 'bound'> & { readonly bound?: string }
}

interface StoredRow extends Omit<Row, 'bound'> {
  /** The inputs as one list, which is written much sooner than each by itself; no input at all is an empty list. */
  readonly bounds: string
}

/** The nodes from one number on, as many as wanted; of rows, what lies between. */
export function packNodes(
  nodes: Nodes,
  serializer: Serializer,
  [from, count]: Span = [0, nodes.size],
): readonly StoredNode[] {
  const packed: StoredNode[] = []
  const end = Math.min(from + count, nodes.size)
  for (let at = from; at < end;) {
    const { entry, first } = nodes.entryAt(at)
    if (entry.kind === 'row') {
      const row = packRow(entry, [at - first, Math.min(end, first + entry.size) - at], serializer)
      packed.push(row)
      at += row.size
    } else {
      packed.push(packNode(entry, serializer))
      at += 1
    }
  }
  return packed
}

export function unpackNodes(packed: readonly StoredNode[], serializer: Serializer): Nodes {
  return new Nodes(packed.map((stored) => unpack(stored, serializer)))
}

function unpack(stored: StoredNode, serializer: Serializer): PlanNode | Row {
  if (stored.kind === 'gate') return stored
  return stored.kind === 'row' ? unpackRow(stored, serializer) : unpackTask(stored, serializer)
}

function packNode(node: PlanNode, serializer: Serializer): StoredNode {
  if (node.kind === 'gate') return node
  const { bound, undo, ...rest } = node
  return {
    ...rest,
    ...(bound && { bound: packBound(bound, serializer) }),
    ...(undo && { undo: packUndo(undo, serializer) }),
  }
}

function packUndo(
  { bound, ...rest }: NonNullable<TaskNode['undo']>,
  serializer: Serializer,
): NonNullable<StoredTask['undo']> {
  return { ...rest, ...(bound && { bound: packBound(bound, serializer) }) }
}

function unpackTask({ bound, undo, ...rest }: StoredTask, serializer: Serializer): TaskNode {
  return {
    ...rest,
    ...(bound !== undefined && { bound: unpackBound(bound, serializer) }),
    ...(undo !== undefined && { undo: unpackUndo(undo, serializer) }),
  }
}

function unpackUndo(
  { bound, ...rest }: NonNullable<StoredTask['undo']>,
  serializer: Serializer,
): NonNullable<TaskNode['undo']> {
  return { ...rest, ...(bound !== undefined && { bound: unpackBound(bound, serializer) }) }
}

function packRow({ kind, like, edge, bound }: Row, [from, size]: Span, serializer: Serializer): StoredRow {
  const [to, at, when] = edge
  const values = Array.from({ length: size }, (_, position): Listed => listed(bound(from + position)))
  return { kind, like, size, edge: [to, at + from, when], bounds: packBound({ value: values }, serializer) }
}

function unpackRow({ kind, like, size, edge, bounds }: StoredRow, serializer: Serializer): Row {
  const list = unpackBound(bounds, serializer)
  let values: readonly Listed[] | undefined
  return {
    kind,
    like,
    size,
    edge,
    bound: (at) => ({
      get value() {
        values ??= list.value as readonly Listed[]
        return values[at]![0]
      },
    }),
  }
}

/** A list may not hold `undefined`. */
type Listed = readonly [value?: unknown]

function listed({ value }: Bound): Listed {
  return value === undefined ? [] : [value]
}
