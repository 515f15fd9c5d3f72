import type { Serializer } from '@bananasjs/core/contract'
import { packBound, unpackBound } from './plan-codec.ts'
import type { Edge, GateNode, PlanNode, TaskNode } from './plan.ts'

/** A node as it is stored, or a row of them: neighbours that differ in nothing but input and place, as the members of a group do. */
export type StoredNode = StoredTask | GateNode

interface StoredTask extends Omit<TaskNode, 'bound' | 'undo'> {
  readonly bound?: string
  /** The inputs of the row; the rest is that of its first node. */
  readonly row?: readonly string[]
  readonly undo?: Omit<NonNullable<TaskNode['undo']>, 'bound'> & { readonly bound?: string }
}

export function packNodes(nodes: readonly PlanNode[], serializer: Serializer): readonly StoredNode[] {
  const packed: StoredNode[] = []
  for (let at = 0; at < nodes.length;) {
    const row = rowFrom(nodes, at)
    packed.push(row.length > 1 ? packRow(row, serializer) : packNode(nodes[at]!, serializer))
    at += Math.max(1, row.length)
  }
  return packed
}

export function unpackNodes(packed: readonly StoredNode[], serializer: Serializer): readonly PlanNode[] {
  const nodes: PlanNode[] = []
  for (const stored of packed) {
    if (stored.kind === 'gate') nodes.push(stored)
    else if (stored.row === undefined) nodes.push(unpackTask(stored, serializer))
    else for (const node of unpackRow(stored, stored.row, serializer)) nodes.push(node)
  }
  return nodes
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

function unpackTask(stored: StoredTask, serializer: Serializer): TaskNode {
  const { bound, undo, row: _row, ...rest } = stored
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

function packRow(row: readonly RowNode[], serializer: Serializer): StoredTask {
  const { bound: _, ...first } = row[0]!
  return {
    ...(first as Omit<TaskNode, 'bound' | 'undo'>),
    row: row.map(({ bound }) => packBound(bound, serializer)),
  }
}

function* unpackRow(
  { row: _row, bound: _bound, undo: _undo, next, ...rest }: StoredTask,
  row: readonly string[],
  serializer: Serializer,
): Generator<TaskNode> {
  const [[to, first, when]] = next as readonly [Edge]
  for (const [at, text] of row.entries())
    yield { ...rest, bound: unpackBound(text, serializer), next: [[to, first + at, when]] }
}

type RowNode = TaskNode & Required<Pick<TaskNode, 'bound' | 'next'>>

function rowFrom(nodes: readonly PlanNode[], first: number): readonly RowNode[] {
  const row: RowNode[] = []
  for (let at = first; at < nodes.length; at += 1) {
    const node = nodes[at]!
    if (!fitsRows(node) || (row.length > 0 && !follows(row.at(-1)!, node))) break
    row.push(node)
  }
  return row
}

function fitsRows(node: PlanNode): node is RowNode {
  return (
    node.kind === 'task' && node.bound !== undefined && node.undo === undefined && node.next?.length === 1
  )
}

function follows(before: RowNode, node: RowNode): boolean {
  const [[gate, at, when]] = before.next as readonly [Edge]
  const [[nextGate, nextAt, nextWhen]] = node.next as readonly [Edge]
  return gate === nextGate && at + 1 === nextAt && when === nextWhen && isLike(before, node)
}

function isLike(one: TaskNode, other: TaskNode): boolean {
  return (
    one.shape === other.shape &&
    one.name === other.name &&
    one.immutable === other.immutable &&
    one.aside === other.aside &&
    one.from?.node === other.from?.node &&
    one.from?.when === other.from?.when
  )
}
