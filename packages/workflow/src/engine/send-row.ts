import type { NamedInput } from '@bananasjs/core'
import type { Edge } from '../plan/plan.ts'
import type { Source } from './gather-value.ts'
import { frameOf, idOf, inputInHand, sendNode } from './send-node.ts'
import type { Departure } from './send-node.ts'

/** What could not be sent, and why. */
export interface Unsent {
  readonly departure: Departure
  readonly error: unknown
}

/** Sends each under its own id: rows of like ones, as the members of a group are, as one; answers with what could not be sent. */
export async function sendAll(source: Source, departures: readonly Departure[]): Promise<readonly Unsent[]> {
  const unsent = await Promise.all(rowsOf(departures).map((row) => sendRow(source, row)))
  return unsent.flat()
}

async function sendRow(source: Source, row: readonly Departure[]): Promise<readonly Unsent[]> {
  const [departure, ...more] = row as readonly [Departure, ...Departure[]]
  try {
    if (more.length > 0) return await sendAsOne(source, row)
    await sendNode(source, departure)
    return []
  } catch (error) {
    return row.map((one) => ({ departure: one, error }))
  }
}

async function sendAsOne({ host }: Source, row: readonly Departure[]): Promise<readonly Unsent[]> {
  const unsent: Unsent[] = []
  const sent: Departure[] = []
  const members: NamedInput[] = []
  for (const departure of row) {
    try {
      members.push({ id: idOf(departure), input: inputInHand(departure)!.value })
      sent.push(departure)
    } catch (error) {
      unsent.push({ departure, error })
    }
  }
  const failures = await host.enqueueMany(await frameOf(host, row[0]!), members)
  return [...unsent, ...failures.map(({ index, error }) => ({ departure: sent[index]!, error }))]
}

/** Neighbours that differ in nothing but their place and input. */
function rowsOf(departures: readonly Departure[]): readonly (readonly Departure[])[] {
  const rows: Departure[][] = []
  let last: Departure | undefined
  for (const departure of departures) {
    if (last !== undefined && isLike(last, departure)) rows.at(-1)!.push(departure)
    else rows.push([departure])
    last = departure
  }
  return rows
}

function isLike(one: Departure, other: Departure): boolean {
  return isSentLike(one, other) && mayBeInRow(one) && mayBeInRow(other) && haveOneExit(one, other)
}

function isSentLike(one: Departure, other: Departure): boolean {
  return (
    one.plan === other.plan &&
    one.node.shape === other.node.shape &&
    one.again === other.again &&
    one.once === other.once &&
    one.inline === other.inline
  )
}

/** What waits for others brings headers of its own along, the last step has the workflow's id, and more than one exit is told by the plan. */
function mayBeInRow({ plan, node, ref, after }: Departure): boolean {
  if (after !== undefined || node.from !== undefined || ref.node === plan.head.end) return false
  return ref.member !== undefined || node.next?.length === 1
}

/** Both are awaited at one gate, at places as far apart as they are themselves. */
function haveOneExit({ node, ref }: Departure, { node: otherNode, ref: otherRef }: Departure): boolean {
  if (ref.member !== undefined) return otherRef.member !== undefined && ref.node === otherRef.node
  if (otherRef.member !== undefined) return false
  const [[gate, at, when]] = node.next as readonly [Edge]
  const [[otherGate, otherAt, otherWhen]] = otherNode.next as readonly [Edge]
  return gate === otherGate && when === otherWhen && at - ref.node === otherAt - otherRef.node
}
