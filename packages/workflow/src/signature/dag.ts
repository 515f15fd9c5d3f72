import { QueueError } from '@bananasjs/core'
import type { DagNode, Policy } from './blueprint.ts'
import { checkPolicy } from './group.ts'
import type { InputOf, Linkable, OutputOf, Signature } from './signature.ts'
import { blueprintOf, createSignature } from './signature-value.ts'
import { sortDag } from './sort-dag.ts'

/** A node of a graph, to be named as another one's parent. */
export interface DagRef<Out = unknown> {
  readonly node: string
  /** Carries the type; never set. */
  readonly types?: Out
}

export type DagInputs = Readonly<Record<string, DagRef>>
type Given<Inputs extends DagInputs> = {
  readonly [Key in keyof Inputs]: Inputs[Key] extends DagRef<infer Out> ? Out : never
}
type Takes<L, Inputs extends DagInputs> = keyof Inputs extends never
  ? unknown
  : Given<Inputs> extends InputOf<L>
    ? unknown
    : { readonly 'this node takes': InputOf<L>; readonly 'but its parents give': Given<Inputs> }

export interface NodeOptions<Inputs extends DagInputs> {
  /** Results that make up this node's input, by key. Without any it is given the graph's own input. */
  readonly inputs?: Inputs
  /** Nodes that must have succeeded, and whose results are of no interest. By name also before they exist. */
  readonly after?: readonly (DagRef | string)[]
}

export interface DagBuilder {
  /**
   * Adds a node and answers with what names it as a parent.
   * @throws QueueError INVALID for a second node of one name
   */
  node<L extends Linkable, const Inputs extends DagInputs = {}>(
    name: string,
    link: L & Takes<L, Inputs>,
    options?: NodeOptions<Inputs>,
  ): DagRef<OutputOf<L>>
}

export interface DagOptions {
  /** What becomes of the graph when nodes fail that no other node depends on. Default `'failFast'`. */
  readonly policy?: 'failFast' | 'waitForAll'
}

type Result<R> =
  R extends DagRef<infer Out>
    ? Out
    : R extends Readonly<Record<string, DagRef>>
      ? { readonly [Key in keyof R]: R[Key] extends DagRef<infer Out> ? Out : never }
      : Readonly<Record<string, unknown>>

/**
 * Nodes that depend on nodes. What `build` returns makes up the result: one node, or several by key; without, it is an object
 * of all nodes nobody depends on. It ends when every node has.
 * @throws QueueError INVALID for no node, an unknown parent, or a cycle, which is named
 */
export function dag<R extends DagRef | Readonly<Record<string, DagRef>> | void>(
  build: (flow: DagBuilder) => R,
  options: DagOptions = {},
): Signature<unknown, Result<R>> {
  const nodes = new Map<string, DagNode>()
  const chosen = build({ node: (name, link, node = {}) => addNode(nodes, name, link, node) })
  if (nodes.size === 0)
    throw new QueueError('INVALID', 'A graph needs at least one node: flow.node(name, task).')
  const sorted = sortDag(nodes)
  const policy: Policy = checkPolicy(options.policy, 0)
  return createSignature({ kind: 'dag', nodes: sorted, result: resultOf(chosen, sorted), policy })
}

// oxlint-disable-next-line max-params -- a node is its name, what it does and what it depends on
function addNode<Out>(
  nodes: Map<string, DagNode>,
  name: string,
  link: Linkable,
  { inputs = {}, after = [] }: NodeOptions<DagInputs>,
): DagRef<Out> {
  if (typeof name !== 'string' || name === '')
    throw new QueueError('INVALID', 'A node of a graph needs a name: flow.node(name, task).')
  if (nodes.has(name))
    throw new QueueError('INVALID', `The graph has two nodes named "${name}". Give each its own name.`)
  nodes.set(name, {
    name,
    blueprint: blueprintOf(link),
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, ref]) => [key, ref.node])),
    after: after.map((ref) => (typeof ref === 'string' ? ref : ref.node)),
  })
  return Object.freeze({ node: name })
}

function resultOf(
  chosen: DagRef | Readonly<Record<string, DagRef>> | void,
  nodes: readonly DagNode[],
): string | Readonly<Record<string, string>> {
  if (chosen === undefined) {
    const parents = new Set(nodes.flatMap(({ inputs, after }) => [...Object.values(inputs), ...after]))
    return Object.fromEntries(nodes.filter(({ name }) => !parents.has(name)).map(({ name }) => [name, name]))
  }
  if (isRef(chosen)) return chosen.node
  return Object.fromEntries(Object.entries(chosen).map(([key, ref]) => [key, ref.node]))
}

function isRef(value: object): value is DagRef {
  return 'node' in value && typeof value.node === 'string'
}
