import { defineTask, QueueError } from '@bananasjs/core'
import type { EnqueueOptions, EnqueueRequest, Task } from '@bananasjs/core'
import type { Runtime } from '@bananasjs/core/contract'
import { compose } from '../plan/compose.ts'
import { nodeLabel } from '../plan/node-label.ts'
import { HEADER, PLUGIN, writeExit, writeRefOf } from '../plan/node-ref.ts'
import type { NodeRef } from '../plan/node-ref.ts'
import { sizeOf } from '../plan/plan.ts'
import type { PlanNode, TaskNode } from '../plan/plan.ts'
import type { PlanView } from '../plan/life.ts'
import type { Shape } from '../signature/blueprint.ts'
import type { StepEnd, StepFailure } from '../signature/signature.ts'
import type { NodeEnd } from './node-end.ts'
import type { Source } from './gather-value.ts'

/** Two messages of one step hardly ever draw the same; eight letters. */
const TOKENS = 36 ** 8

/** A task whose turn has come. */
export interface Departure {
  readonly plan: PlanView
  readonly node: TaskNode
  readonly ref: NodeRef
  /** Whose end it waited for; absent at the start of a workflow. */
  readonly after?: NodeEnd | undefined
  /** What that one is called. */
  readonly afterName?: string | undefined
  /** In place of all else. */
  readonly input?: { readonly value: unknown } | undefined
  readonly again: boolean
  /** Another message of it may come. */
  readonly once?: boolean
  readonly inline?: string | undefined
}

/**
 * Sends the task of a node under its own id. The input travels along when it is in hand, else the worker reads it, also when
 * it is too large to travel.
 * @throws QueueError as `enqueue`
 */
export async function sendNode({ host }: Source, departure: Departure): Promise<void> {
  const input = inputInHand(departure)
  const { task, options } = await frameOf(host, departure)
  const id = idOf(departure)
  const toRead: EnqueueOptions = { ...options, id, headers: { ...options.headers, [HEADER.read]: 'yes' } }
  if (input === undefined) return void (await host.enqueue({ task, input, options: toRead }))
  try {
    await host.enqueue({ task, input: input.value, options: { ...options, id } })
  } catch (error) {
    if (!QueueError.is(error, 'TOO_LARGE') || !mayRead(departure) || host.results === undefined) throw error
    await host.enqueue({ task, input: undefined, options: toRead })
  }
}

export function idOf({ plan, ref }: Departure): string {
  return plan.id(ref.node, ref.member)
}

/** All of a message but its id and its input. */
export async function frameOf(
  host: Source['host'],
  departure: Departure,
): Promise<Omit<EnqueueRequest, 'input'>> {
  const { plan, node, ref, after } = departure
  const shape = plan.head.shapes[node.shape]!
  const { deadlineAt } = plan.head
  const options: EnqueueOptions = {
    headers: await headersOf(host, departure),
    needs: PLUGIN,
    rootId: ref.flow,
    // Somebody waits for this result, whatever the task says of those nobody waits for.
    ignoreResult: false,
    ...(after !== undefined && { parentId: plan.id(after.node) }),
    ...limitsOf(shape),
    ...(deadlineAt !== undefined && { expires: new Date(deadlineAt) }),
  }
  return { task: taskOf(shape), options }
}

function limitsOf({ timeoutMs, retryLimit, delayMs }: Shape): EnqueueOptions {
  return {
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(retryLimit !== undefined && { retryLimit }),
    ...(delayMs !== undefined && { delay: delayMs }),
  }
}

async function headersOf(
  { runtime, results }: Source['host'],
  departure: Departure,
): Promise<Readonly<Record<string, string>>> {
  const { plan, node, ref, again, once = again || node.from !== undefined, inline } = departure
  const exit = ref.member === undefined ? await exitOf(plan, node, ref.node) : openExit(ref)
  const { deadlineAt } = plan.head
  return {
    [HEADER.ref]: writeRefOf(idOf(departure), ref),
    ...(exit !== undefined && { [HEADER.exit]: exit }),
    ...(inline !== undefined && { [HEADER.plan]: inline }),
    ...(once && results !== undefined && { [HEADER.once]: tokenOf(departure, runtime) }),
    ...(deadlineAt !== undefined && { [HEADER.deadline]: String(deadlineAt) }),
    ...(again && { [HEADER.again]: 'yes' }),
  }
}

/**
 * What waited for others may be sent by two of them at the same moment, and anything may be sent again: each of these
 * messages has a token of its own. What waits for nobody is sent by one at first.
 */
function tokenOf({ node, again }: Departure, runtime: Runtime): string {
  return node.from === undefined && !again ? 'first' : Math.floor(runtime.random() * TOKENS).toString(36)
}

function openExit({ node, member }: NodeRef): string {
  return writeExit(node, { gate: node, at: member!, size: undefined })
}

async function exitOf(plan: PlanView, node: PlanNode, at: number): Promise<string | undefined> {
  const [edge, ...more] = node.next ?? []
  if (edge === undefined || more.length > 0 || edge[2] !== 'value' || at === plan.head.end) return undefined
  const found = plan.node(edge[0])
  const gate = found instanceof Promise ? await found : found
  if (gate.kind !== 'gate' || sizeOf(gate) < 2) return undefined
  return writeExit(at, { gate: edge[0], at: edge[1], size: sizeOf(gate) })
}

/** What the step before returned is stored, so that it can be read instead of sent. */
function mayRead({ node, input, after }: Departure): boolean {
  return input === undefined && after !== undefined && node.immutable !== true
}

export function inputInHand({
  plan,
  node,
  after,
  afterName = '',
  input,
}: Departure): { readonly value: unknown } | undefined {
  if (input !== undefined) return input
  if (after === undefined || node.immutable === true) return { value: node.bound?.value }
  const label = `Step "${nodeLabel(plan.head, node)}"`
  const when = node.from!.when
  if (!after.ok) return { value: compose(node.bound, failureOf(plan, after, afterName), label) }
  if (after.value === undefined) return undefined
  if (when === 'complete')
    return { value: compose(node.bound, fulfilment(plan, after.node, afterName, after.value.value), label) }
  return { value: compose(node.bound, after.value.value, label) }
}

function failureOf(
  plan: PlanView,
  { node, error }: NodeEnd,
  name: string,
): StepFailure & { readonly status: 'rejected' } {
  const { name: kind, message, code } = error!
  const id = plan.id(node)
  const kept = { name: kind, message, ...(code !== undefined && { code }) }
  return { workflow: plan.flow, id, name, status: 'rejected', error: kept }
}

// oxlint-disable-next-line max-params -- the fulfilment is of a step of a workflow, by name
export function fulfilment(plan: PlanView, node: number, name: string, value: unknown): StepEnd {
  return { workflow: plan.flow, id: plan.id(node), name, status: 'fulfilled', value }
}

const TASKS = new WeakMap<Shape, Task<unknown, unknown, unknown>>()

/** The task as a producer needs it: a worker that sends it need not know its code. */
function taskOf(shape: Shape): Task<unknown, unknown, unknown> {
  const known = TASKS.get(shape)
  if (known !== undefined) return known
  const { task, queue, priority } = shape
  const made = defineTask<unknown, unknown>(task, { queue, priority })
  TASKS.set(shape, made)
  return made
}
