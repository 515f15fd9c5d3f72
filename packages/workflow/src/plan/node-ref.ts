import type { Headers } from '@bananasjs/core/contract'

/** Which node a message is, as its headers say. */
export interface NodeRef {
  readonly flow: string
  readonly node: number
  /** Counts up with every retry of the workflow; arrivals of one generation do not count in another. */
  readonly generation: number
  /** Position among the members of an open gate; -1 is whoever sends them. */
  readonly member?: number
}

/** Where a node's end is awaited, for those that are awaited at one gate only: saves reading the plan. */
export interface Exit {
  readonly gate: number
  readonly at: number
  /** `undefined`: open, the number of members is known when it is closed. */
  readonly size: number | undefined
}

/** A task as the queue knows it. */
interface Sent {
  readonly id: string
  readonly headers: Headers
}

export const PLUGIN = 'workflow'
export const HEADER = {
  ref: 'workflow',
  exit: 'workflow-exit',
  plan: 'workflow-plan',
  /** May have been sent before. */
  again: 'workflow-again',
  /** Two messages of this task must not both run; the token tells them apart. */
  once: 'workflow-once',
  /** When the time of the whole workflow is over. */
  deadline: 'workflow-deadline',
  /** The input lies in the result backend. */
  read: 'workflow-read',
} as const

/** Without node and workflow: the task's id says which. */
const REF = /^(\d+)\/(?:(\d+)(?::(\d+))?\/(.+)|\/)$/s
/** The id of a member. @see createView */
const MEMBER = /^(.+)\.n(\d+)(?:m(\d+))?(?:r\d+)?$/s
const EXIT = /^(\d+)\.(?:(-?\d+)\.(\d+)|open)$/

/** `undefined` for a message that belongs to no workflow. */
export function readRef({ id, headers }: Sent): NodeRef | undefined {
  return headers['bananas-needs'] === PLUGIN ? parseRef(headers[HEADER.ref] ?? '', id) : undefined
}

export function parseRef(text: string, id = ''): NodeRef | undefined {
  if (text !== latest.text) latest = { text, found: REF.exec(text) }
  const { found } = latest
  if (found === null) return undefined
  const [, generation, node, member, flow] = found
  if (flow === undefined) return refById(id, Number(generation))
  const ref = { flow, node: Number(node), generation: Number(generation) }
  return member === undefined ? ref : { ...ref, member: Number(member) }
}

function refById(id: string, generation: number): NodeRef | undefined {
  // Most end in nothing but a number, which is had without the work of an expression.
  const end = id.lastIndexOf('.n')
  const plain = end > 0 && end + 2 < id.length ? Number(id.slice(end + 2)) : NaN
  if (Number.isInteger(plain)) return { flow: id.slice(0, end), node: plain, generation }
  const found = MEMBER.exec(id)
  if (found === null) return undefined
  const [, flow, node, member] = found
  return {
    flow: flow!,
    node: Number(node),
    generation,
    ...(member !== undefined && { member: Number(member) }),
  }
}

interface Read {
  readonly text: string
  readonly found: RegExpExecArray | null
}

/** Members of a group come one after the other, and say the same. */
let latest: Read = { text: '', found: null }
let latestExit: Read = { text: '', found: null }

export function writeRef({ flow, node, generation, member }: NodeRef): string {
  return `${generation}/${node}${member === undefined ? '' : `:${member}`}/${flow}`
}

/**
 * As the message of task `id` carries it. What the id says is not said twice: so all members of a group have the same headers,
 * which are made, sent and read as one.
 */
export function writeRefOf(id: string, ref: NodeRef): string {
  return id.startsWith(`${ref.flow}.n`) ? `${ref.generation}//` : writeRef(ref)
}

/** Positions are counted from the node's number, for the same reason. */
export function readExit(headers: Headers, { node, member }: NodeRef): Exit | undefined {
  const text = headers[HEADER.exit]
  if (text === undefined) return undefined
  if (text !== latestExit.text) latestExit = { text, found: EXIT.exec(text) }
  const { found } = latestExit
  if (found === null) return undefined
  const [, gate, before, size] = found
  if (before !== undefined) return { gate: Number(gate), at: node - Number(before), size: Number(size) }
  // Position 0 is that of whoever sends the members.
  return member === undefined ? undefined : { gate: Number(gate), at: member + 1, size: undefined }
}

export function writeExit(node: number, { gate, at, size }: Exit): string {
  return size === undefined ? `${gate}.open` : `${gate}.${node - at}.${size}`
}
