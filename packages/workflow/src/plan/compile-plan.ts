import { QueueError } from '@bananasjs/core'
import type {
  Blueprint,
  DagBlueprint,
  MapBlueprint,
  Policy,
  Shape,
  StepBlueprint,
} from '../signature/blueprint.ts'
import { compose } from './compose.ts'
import { graphOf } from './graph-of.ts'
import { Nodes } from './nodes.ts'
import type { Edge, GateNode, Plan, Span, TaskNode, When } from './plan.ts'

export interface PlanFacts {
  readonly startedAt: number
  readonly deadlineAt?: number | undefined
  readonly keepMs: number
  readonly parent?: { readonly id: string; readonly ref: string } | undefined
  /** Taken by the steps that nothing goes before. */
  readonly input?: { readonly value: unknown } | undefined
}

/** Whose end a node waits for; `undefined`: nobody's. */
type From = { readonly node: number; readonly when: When } | undefined

/** Numbers every step, with a node's parents before it and what is inside a group in one row. */
export function compilePlan(blueprint: Blueprint, facts: PlanFacts): Plan {
  const draft = new Draft(hasUndo(blueprint), facts.input)
  const end = draft.add(blueprint, undefined)
  const nodes = draft.finished()
  const { input: _, ...kept } = facts
  return {
    head: {
      shapes: draft.shapes,
      end,
      ...graphOf(nodes),
      ...defined(kept),
    },
    nodes,
  }
}

function defined<F extends object>(facts: F): { [K in keyof F]: Exclude<F[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never
}

function hasUndo(blueprint: Blueprint): boolean {
  if (blueprint.kind === 'step') return blueprint.undo !== undefined
  if (blueprint.kind === 'chain') return blueprint.steps.some(hasUndo)
  if (blueprint.kind === 'group') return blueprint.members.some(hasUndo)
  return blueprint.kind === 'dag' && blueprint.nodes.some((node) => hasUndo(node.blueprint))
}

/** A node while its followers are still unknown. */
type Growing = Fresh & { next?: Edge[]; from?: NonNullable<From>; aside?: true }
type Fresh = Omit<TaskNode, 'next' | 'from' | 'aside'> | Omit<GateNode, 'next' | 'from' | 'aside'>

class Draft {
  readonly shapes: Shape[] = []
  readonly #shapeAt = new Map<string, number>()
  readonly #nodes = new Nodes<Growing>()
  readonly #patient: boolean
  #aside = false
  readonly #input: { readonly value: unknown } | undefined

  /** `patient`: with compensations, nothing may still run when it is decided that a gate has failed. */
  constructor(patient: boolean, input: { readonly value: unknown } | undefined) {
    this.#patient = patient
    this.#input = input
  }

  finished(): Nodes {
    return this.#nodes
  }

  /** Returns the node whose end is the blueprint's. */
  add(blueprint: Blueprint, from: From, name?: string): number {
    const end = this.#body(blueprint, from, name)
    const { onSuccess = [], onFailure = [], onComplete = [] } = blueprint
    for (const one of onSuccess) this.#callback(one, { node: end, when: 'success' })
    for (const one of onFailure) this.#callback(one, { node: end, when: 'failure' })
    for (const one of onComplete) this.#callback(one, { node: end, when: 'complete' })
    return end
  }

  #callback(blueprint: Blueprint, from: NonNullable<From>): void {
    const outside = this.#aside
    this.#aside = true
    this.add(blueprint, from)
    this.#aside = outside
  }

  #body(blueprint: Blueprint, from: From, name: string | undefined): number {
    switch (blueprint.kind) {
      case 'step':
        return this.#task(blueprint, from, name)
      case 'chain': {
        let before = from
        for (const [at, one] of blueprint.steps.entries())
          before = {
            node: this.add(one, before, at === blueprint.steps.length - 1 ? name : undefined),
            when: 'value',
          }
        return before!.node
      }
      case 'group':
        return this.#gate(
          blueprint.policy,
          from,
          () => blueprint.members.map((one) => this.add(one, from)),
          name,
        )
      case 'map':
        return this.#gate(blueprint.policy, from, () => this.#row(blueprint, from), name)
      case 'open': {
        const gate = gateNode([], blueprint.policy, { name: name ?? `each ${blueprint.shape.task}` })
        return this.#push({ ...gate, open: this.#shape(blueprint.shape) }, from)
      }
      case 'dag':
        return this.#dag(blueprint, from, name)
    }
  }

  #task(
    { shape, bound, immutable, undo, name: own }: Omit<StepBlueprint, 'kind'>,
    from: From,
    name: string | undefined,
  ): number {
    const given = from === undefined && !immutable ? this.#withInput(bound) : bound
    const shown = name ?? own
    return this.#push(
      {
        kind: 'task',
        shape: this.#shape(shape),
        ...(shown !== undefined && { name: shown }),
        ...(given !== undefined && { bound: given }),
        ...(immutable && { immutable }),
        ...(undo !== undefined && { undo: undoOf(undo) }),
      } satisfies TaskNode,
      from,
    )
  }

  #withInput(bound: { readonly value: unknown } | undefined): { readonly value: unknown } | undefined {
    if (this.#input === undefined) return bound
    return { value: compose(bound, this.#input.value, 'the first step') }
  }

  // oxlint-disable-next-line max-params -- a gate is what passes it, after whom, and how it is called
  #gate(policy: Policy, from: From, members: () => readonly number[], name: string | undefined): number {
    const first = this.#nodes.size
    const deps = members()
    // Nobody to wait for: it still comes after the one before.
    if (deps.length === 0) return this.#push(gateNode([], policy, { name }), from)
    const inside: Span = [first, this.#nodes.size - first]
    return this.#link(gateNode(deps, this.#policy(policy), { name, inside }), deps)
  }

  #dag({ nodes, result, policy }: DagBlueprint, from: From, name: string | undefined): number {
    const ends = new Map<string, number>()
    const used = new Set<string>()
    const numbers = (names: readonly string[]): readonly number[] =>
      names.map((one) => (used.add(one), ends.get(one)!))
    for (const { name: own, blueprint, inputs, after } of nodes) {
      const keys = Object.keys(inputs)
      const deps = numbers([...Object.values(inputs), ...after])
      const before: From =
        deps.length === 0
          ? from
          : {
              node: this.#link(
                gateNode(deps, this.#policy('failFast'), { keys: [...keys, ...after.map(() => null)] }),
                deps,
              ),
              when: 'value',
            }
      ends.set(own, this.add(blueprint, before, own))
    }
    const named = typeof result === 'string' ? { [result]: result } : result
    const chosen = numbers(Object.values(named))
    const others = nodes.map((node) => node.name).filter((one) => !used.has(one))
    if (typeof result === 'string' && others.length === 0) return chosen[0]!
    const deps = [...chosen, ...numbers(others)]
    const keys = [...Object.keys(named), ...others.map(() => null)]
    return this.#link(gateNode(deps, this.#policy(policy), { name, keys }), deps)
  }

  #policy(policy: Policy): Policy {
    return this.#patient && policy === 'failFast' ? 'waitForAll' : policy
  }

  #link(gate: GateNode, deps: readonly number[]): number {
    const kind = (dep: number): string => this.#nodes.entryAt(dep).entry.kind
    const isRow = deps.length > 0 && kind(deps[0]!) === 'row'
    const leaves = isRow || (deps.length > 0 && deps.every((dep) => kind(dep) === 'task'))
    const at = this.#push({ ...gate, ...(leaves && { leaves }) }, undefined)
    // A row knows its gate.
    if (!isRow) for (const [position, dep] of deps.entries()) this.#edge(dep, [at, position, 'value'])
    return at
  }

  /** Its gate comes right after it, and is the only one that waits for its members. */
  #row({ shape, inputs }: MapBlueprint, from: From): readonly number[] {
    if (inputs.length === 0) return []
    const first = this.#nodes.push({
      kind: 'row',
      like: {
        kind: 'task',
        shape: this.#shape(shape),
        immutable: true,
        ...(from !== undefined && { from }),
        ...(this.#aside && { aside: true }),
      },
      size: inputs.length,
      edge: [this.#nodes.size + inputs.length, 0, 'value'],
      bound: (at) => ({ value: inputs[at] }),
    })
    const members = Array.from({ length: inputs.length }, (_, at) => first + at)
    if (from !== undefined) for (const member of members) this.#edge(from.node, [member, 0, from.when])
    return members
  }

  #push(node: Fresh, from: From): number {
    const grown: Growing = node
    const at = this.#nodes.push(grown)
    if (this.#aside) grown.aside = true
    if (from === undefined) return at
    grown.from = from
    this.#edge(from.node, [at, 0, from.when])
    return at
  }

  #edge(from: number, edge: Edge): void {
    const { entry } = this.#nodes.entryAt(from)
    if (entry.kind === 'row') return
    entry.next ??= []
    entry.next.push(edge)
  }

  #shape(shape: Shape): number {
    const key = JSON.stringify(shape)
    const known = this.#shapeAt.get(key)
    if (known !== undefined) return known
    this.#shapeAt.set(key, this.shapes.length)
    return this.shapes.push(shape) - 1
  }
}

function gateNode(
  deps: readonly number[],
  policy: Policy,
  more: { name?: string | undefined; keys?: readonly (string | null)[]; inside?: Span },
): GateNode {
  const inRow = deps.length > 2 && deps.every((dep, at) => dep === deps[0]! + at)
  return {
    kind: 'gate',
    deps: inRow ? [deps[0]!, deps.length] : deps,
    ...(inRow && { span: true }),
    policy,
    ...(more.name !== undefined && { name: more.name }),
    ...(more.keys !== undefined && { keys: more.keys }),
    ...(more.inside !== undefined && { inside: more.inside }),
  }
}

/** A compensation is one step: it must be as sure to run as anything can be. */
function undoOf(undo: Blueprint): NonNullable<TaskNode['undo']> {
  if (undo.kind !== 'step')
    throw new QueueError('INVALID', `A compensation is a single step, not a ${undo.kind}. Make it one task.`)
  const { shape, bound, immutable } = undo
  return { shape, ...(bound !== undefined && { bound }), ...(immutable && { immutable }) }
}
