import { QueueError } from '@bananasjs/core'
import type { ErrorRecord, PluginHost } from '@bananasjs/core'
import { depsOf } from '../plan/plan.ts'
import type { GateNode, PlanNode } from '../plan/plan.ts'
import { forgotten } from '../plan/plan-store.ts'
import type { PlanView } from '../plan/life.ts'
import type { PlanStore } from '../plan/plan-store.ts'
import { nodeLabel } from '../plan/node-label.ts'
import type { Settled } from '../signature/signature.ts'
import { expired } from './expired.ts'
import { errorOf, failureError, readEach, readValues } from './node-results.ts'
import type { NodeResult } from './node-results.ts'

export interface Source {
  readonly host: PluginHost
  readonly plans: PlanStore
  /** How long plans, arrivals and results of workflows are kept. */
  readonly keepMs: number
}

/** What a step returns when another workflow takes its place. */
export interface Elsewhere {
  readonly 'bananas-workflow': string
}

/** What the body of a fan-out is given: not the results, which may be many, but where they are. @see Workflows.results */
export interface Gathered<Out = unknown> {
  readonly workflow: string
  readonly node: number
  readonly generation: number
  readonly total: number
  /** Carries the type; never set. */
  readonly types?: Out
}

/**
 * The value of a node: what its task returned, or, at a gate, all that came together there. Reads the results in pages.
 * @throws QueueError INVALID when a result is no longer there, TASK_FAILED where a failure is not a value
 */
export async function gatherValue(source: Source, plan: PlanView, at: number): Promise<unknown> {
  const values = await gatherLeaves(source, plan, await plan.node(at))
  if (values !== undefined) return values
  const nodes = new Map<number, PlanNode>()
  const asked = new Set<number>()
  await collect(plan, at, { nodes, asked })
  const ones = [...asked]
  const found = await readEach(
    source.host,
    ones.map((one) => plan.id(one)),
  )
  const results = new Map<number, NodeResult | undefined>()
  for (const [place, one] of ones.entries()) results.set(one, found[place])
  return new Gathering(source, plan, { nodes, results }).value(at)
}

/** Of a group of plain tasks that all succeeded, as large ones do: `undefined` when there is more to it. */
async function gatherLeaves(
  { host }: Source,
  plan: PlanView,
  node: PlanNode,
): Promise<readonly unknown[] | undefined> {
  if (node.kind !== 'gate' || node.leaves === undefined || node.open !== undefined) return undefined
  if (node.keys !== undefined || !isStrict(node)) return undefined
  const ids = depsOf(node).map((dep) => plan.id(dep))
  const values = await readValues(host, ids)
  return values?.some(isElsewhere) === true ? undefined : values
}

interface Collected {
  readonly nodes: Map<number, PlanNode>
  /** Those of which a result may be stored: tasks, and gates that may have failed while their group bears it. */
  readonly asked: Set<number>
}

/** The nodes a value is made of, without recursion: a graph may be deep. */
async function collect(plan: PlanView, at: number, { nodes, asked }: Collected): Promise<void> {
  const open = [at]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (nodes.has(next)) continue
    const found = plan.node(next)
    const node = found instanceof Promise ? await found : found
    nodes.set(next, node)
    if (node.kind === 'task') asked.add(next)
    else collectParts(node, open, asked)
  }
}

/** What leaves are needs no look. */
function collectParts(gate: GateNode, open: number[], asked: Set<number>): void {
  const leaves = gate.leaves !== undefined
  const strict = isStrict(gate)
  for (const part of partsOf(gate)) {
    if (!leaves) open.push(part)
    if (leaves || !strict) asked.add(part)
  }
}

/** Whose values make up that of a gate. */
function partsOf(gate: GateNode): readonly number[] {
  if (gate.open !== undefined) return []
  return gate.keys === undefined
    ? depsOf(gate)
    : depsOf(gate).filter((_, position) => gate.keys![position] !== null)
}

/** All must have succeeded for it to be passed. */
function isStrict({ policy }: GateNode): boolean {
  return policy === 'failFast' || policy === 'waitForAll'
}

interface Found {
  readonly nodes: ReadonlyMap<number, PlanNode>
  readonly results: ReadonlyMap<number, NodeResult | undefined>
}

class Gathering {
  readonly #source: Source
  readonly #plan: PlanView
  readonly #found: Found

  constructor(source: Source, plan: PlanView, found: Found) {
    this.#source = source
    this.#plan = plan
    this.#found = found
  }

  async value(at: number): Promise<unknown> {
    const node = this.#found.nodes.get(at)
    if (node?.kind === 'gate') return this.#gate(node, at)
    const result = this.#found.results.get(at)
    if (result?.state === 'succeeded') return openValue(this.#source, result.value())
    const label = nodeLabel(this.#plan.head, node ?? (await this.#plan.node(at)))
    if (result?.final !== true) throw expired(label, this.#plan.id(at))
    throw failureError(`Step "${label}"`, errorOf(result))
  }

  async #gate(gate: GateNode, at: number): Promise<unknown> {
    if (gate.open !== undefined) return openGate(this.#source, this.#plan, at)
    const strict = isStrict(gate)
    const deps = depsOf(gate)
    const values: unknown[] = []
    for (const [position, dep] of deps.entries()) {
      if (gate.keys?.[position] === null) continue
      values.push(strict ? await this.value(dep) : await this.#settled(dep))
    }
    if (gate.keys === undefined) return values
    const keys = gate.keys.filter((key) => key !== null)
    return Object.fromEntries(keys.map((key, at) => [key, values[at]]))
  }

  async #settled(at: number): Promise<Settled<unknown>> {
    const stored = this.#found.results.get(at)
    if (stored?.final === true && stored.state !== 'succeeded') return rejected(errorOf(stored))
    try {
      return { status: 'fulfilled', value: await this.value(at) }
    } catch (error) {
      if (QueueError.is(error, 'INVALID') || (QueueError.is(error) && error.retryable)) throw error
      return rejected((error as Error).cause as ErrorRecord)
    }
  }
}

function rejected({ name, message, code }: ErrorRecord): Settled<unknown> {
  return { status: 'rejected', reason: { name, message, ...(code !== undefined && { code }) } }
}

async function openGate({ host }: Source, plan: PlanView, node: number): Promise<Gathered> {
  const { flow, generation } = plan
  const total = await readTotal(host, flow)
  if (total === undefined) throw forgotten(flow)
  return { workflow: flow, node, generation, total }
}

/** How many members an open group has, once all have been sent. */
export async function readTotal(host: PluginHost, flow: string): Promise<number | undefined> {
  const stored = await host.results!.swap(totalKey(host.namespace, flow), null, null, 0)
  return stored === null ? undefined : Number(Buffer.from(stored).toString())
}

export function totalKey(namespace: string, flow: string): string {
  return `${namespace}.workflow.${flow}.total`
}

export function isElsewhere(value: unknown): value is Elsewhere {
  return typeof value === 'object' && value !== null && 'bananas-workflow' in value
}

/** The value itself, or that of the workflow it stands for. */
export async function openValue(source: Source, value: unknown): Promise<unknown> {
  if (!isElsewhere(value)) return value
  const flow = value['bananas-workflow']
  const plan = await source.plans.current(flow)
  if (plan === undefined) throw forgotten(flow)
  return gatherValue(source, plan, plan.head.end)
}
