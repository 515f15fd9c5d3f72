import type { ErrorRecord } from '@bananasjs/core'
import type { Policy, Shape } from '../signature/blueprint.ts'
import type { Nodes } from './nodes.ts'

/**
 * A workflow, numbered and linked: what workers read to know what comes next. Never changed once stored; what happens is kept
 * elsewhere (results of nodes, arrivals at gates). Nodes lie in pages, so that a worker reads only what it needs.
 */
export interface Plan {
  readonly head: PlanHead
  readonly nodes: Nodes
}

export interface PlanHead {
  readonly size: number
  readonly shapes: readonly Shape[]
  /** The node whose end is the workflow's. */
  readonly end: number
  /** Nodes that wait for nothing. */
  readonly starts: readonly Span[]
  /** Nodes with a compensation; when there are any, the workflow ends only after every node has. */
  readonly undoable: readonly number[]
  /** Every node has one parent at most: nothing but a run of steps. */
  readonly linear: boolean
  /** Epoch ms by the clock of whoever started it. */
  readonly startedAt: number
  readonly deadlineAt?: number
  /** How long plan, arrivals and the result are kept. */
  readonly keepMs: number
  /** The step that this workflow stands in for, or belongs to. */
  readonly parent?: { readonly id: string; readonly ref: string }
  /** This one takes back what another one did, which then fails with that error. */
  readonly undoes?: { readonly flow: string; readonly generation: number; readonly error: ErrorRecord }
}

/** First and length of a row of numbers. */
export type Span = readonly [first: number, length: number]

export type PlanNode = TaskNode | GateNode

interface Linked {
  /** Whose end this one waits for, and which ends will do. */
  readonly from?: { readonly node: number; readonly when: When }
  readonly next?: readonly Edge[]
  readonly name?: string
  /** A callback, or part of one: not cancelled with the rest. */
  readonly aside?: true
}

/** A task to be sent. */
export interface TaskNode extends Linked {
  readonly kind: 'task'
  /** Index into the head's shapes. */
  readonly shape: number
  readonly bound?: { readonly value: unknown }
  readonly immutable?: true
  /** What takes its effect back. */
  readonly undo?: {
    readonly shape: Shape
    readonly bound?: { readonly value: unknown }
    readonly immutable?: true
  }
}

/** Where several come together. No task: it is passed by whoever arrives last. */
export interface GateNode extends Linked {
  readonly kind: 'gate'
  /** In order; members of a large group as a span. */
  readonly deps: readonly number[] | Span
  readonly span?: true
  /** All of them are tasks: their results can be read without a look at their nodes. */
  readonly leaves?: true
  /** Results by key; `null` is only waited for. Without keys they make a list. */
  readonly keys?: readonly (string | null)[]
  readonly policy: Policy
  /** Nodes to be cancelled when it fails before all are through. */
  readonly inside?: Span
  /** Members of this shape are sent while it runs; their number is known when all are sent. */
  readonly open?: number
}

/** Which ends of a node set another one going: its success as part of the work, or as a callback. */
export type When = 'value' | 'success' | 'failure' | 'complete'

/** To which node, at which position of its gate, on which ends. */
export type Edge = readonly [to: number, at: number, when: When]

export function depsOf(gate: GateNode): readonly number[] {
  if (gate.span === undefined) return gate.deps
  const [first, length] = gate.deps as Span
  return Array.from({ length }, (_, at) => first + at)
}

export function sizeOf(gate: GateNode): number {
  return gate.span === undefined ? gate.deps.length : gate.deps[1]
}
