import { QueueError } from '@bananasjs/core'
import type { Engine } from '../engine/engine.ts'
import { totalKey } from '../engine/gather-value.ts'
import type { Source } from '../engine/gather-value.ts'
import { readResults } from '../engine/node-results.ts'
import type { Departure } from '../engine/send-node.ts'
import { readSent, writeSent } from '../engine/sent.ts'
import type { PlanView } from '../plan/life.ts'
import type { GateNode, TaskNode } from '../plan/plan.ts'
import { MOST_MEMBERS } from '../signature/group.ts'

/** Sent at once, and kept in memory at once. */
const PORTION = 1000
/** The first node: a fan-out stands at the beginning. */
const GATE = 0

export interface Members {
  readonly inputs: Iterable<unknown> | AsyncIterable<unknown>
  /** It may have been begun before: what is known to be sent is skipped. */
  readonly again: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends one task an input, portion by portion, then notes how many they are. Ids follow from positions, so that inputs that are
 * given again in the same order are the same members.
 * @throws QueueError INVALID for more than 2^20 - 1, CONFLICT when it was sent before with another number of inputs
 */
export async function sendMembers(
  source: Source,
  engine: Engine,
  plan: PlanView,
  members: Members,
): Promise<void> {
  const { host, keepMs } = source
  const gate = (await plan.node(GATE)) as GateNode
  const sent = members.again ? await readSent(host, plan.flow) : 0
  let portion: Departure[] = []
  let count = 0
  const flush = async (): Promise<void> => {
    await engine.advance(await engine.send(portion))
    portion = []
    await writeSent(host, plan.flow, count, keepMs)
  }
  for await (const value of members.inputs) {
    members.signal?.throwIfAborted()
    count += 1
    if (count >= MOST_MEMBERS) throw tooMany()
    if (count <= sent) continue
    portion.push(departure(plan, gate.open!, { member: count - 1, value, again: members.again }))
    if (portion.length < PORTION) continue
    await flush()
    if (await hasEnded(source, plan)) return
  }
  await flush()
  await close(source, plan.flow, count)
}

interface Member {
  readonly member: number
  readonly value: unknown
  readonly again: boolean
}

function departure(plan: PlanView, shape: number, { member, value, again }: Member): Departure {
  const node: TaskNode = { kind: 'task', shape }
  const ref = { flow: plan.flow, node: GATE, generation: plan.generation, member }
  return { plan, node, ref, input: { value }, again }
}

/** Failed, cancelled or out of time: nobody waits for the rest. */
async function hasEnded({ host }: Source, { resultId }: PlanView): Promise<boolean> {
  return (await readResults(host, [resultId])).get(resultId)?.final === true
}

async function close({ host, keepMs }: Source, flow: string, count: number): Promise<void> {
  const total = Buffer.from(String(count))
  const standing = await host.results!.swap(totalKey(host.namespace, flow), null, total, keepMs)
  if (standing === null || total.equals(standing)) return
  throw new QueueError(
    'CONFLICT',
    `Workflow ${flow} was sent with ${Buffer.from(standing).toString()} inputs before, and with ${count} now. The same id means the same inputs in the same order.`,
  )
}

function tooMany(): QueueError {
  return new QueueError(
    'INVALID',
    `A fan-out has fewer than ${MOST_MEMBERS} members. Hand several inputs to each task, or start several workflows.`,
  )
}
