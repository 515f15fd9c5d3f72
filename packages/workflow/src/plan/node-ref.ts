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

export const PLUGIN = 'workflow'
export const HEADER = {
  ref: 'workflow',
  exit: 'workflow-exit',
  plan: 'workflow-plan',
  /** May have been sent before; a new value each time. */
  again: 'workflow-again',
  /** Two messages of this task must not both run. */
  once: 'workflow-once',
  /** When the time of the whole workflow is over. */
  deadline: 'workflow-deadline',
  /** The input lies in the result backend. */
  read: 'workflow-read',
} as const

const REF = /^(\d+)\/(\d+)(?::(\d+))?\/(.+)$/s
const EXIT = /^(\d+)\.(\d+)\.(\d+|open)$/

/** `undefined` for a message that belongs to no workflow. */
export function readRef(headers: Headers): NodeRef | undefined {
  return headers['bananas-needs'] === PLUGIN ? parseRef(headers[HEADER.ref] ?? '') : undefined
}

export function parseRef(text: string): NodeRef | undefined {
  const found = REF.exec(text)
  if (found === null) return undefined
  const [, generation, node, member, flow] = found
  return {
    flow: flow!,
    node: Number(node),
    generation: Number(generation),
    ...(member !== undefined && { member: Number(member) }),
  }
}

export function writeRef({ flow, node, generation, member }: NodeRef): string {
  return `${generation}/${node}${member === undefined ? '' : `:${member}`}/${flow}`
}

export function readExit(headers: Headers): Exit | undefined {
  const found = EXIT.exec(headers[HEADER.exit] ?? '')
  if (found === null) return undefined
  const [, gate, at, size] = found
  return { gate: Number(gate), at: Number(at), size: size === 'open' ? undefined : Number(size) }
}

export function writeExit({ gate, at, size }: Exit): string {
  return `${gate}.${at}.${size ?? 'open'}`
}
