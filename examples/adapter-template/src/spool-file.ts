import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'

/** What the name of a message's file says. Names sort by time. */
export interface Ticket {
  /** Epoch ms: when it is due, or, of a leased one, when the lease ends. */
  readonly at: number
  readonly file: string
  readonly deliveries: number
  /** Of leased ones. */
  readonly receipt?: string | undefined
}

const DIGITS = 15
const NAME = /^(\d{15})\.([\w-]+)\.(\d+)(?:\.([\w-]+))?$/

export function newTicket(delayMs: number): Ticket {
  return { at: systemRuntime.now() + delayMs, file: systemRuntime.id(), deliveries: 0 }
}

export function nameOf({ at, file, deliveries, receipt }: Ticket): string {
  const name = `${String(Math.ceil(at)).padStart(DIGITS, '0')}.${file}.${deliveries}`
  return receipt === undefined ? name : `${name}.${receipt}`
}

/** `undefined` for a file that is none of ours. */
export function ticketOf(name: string): Ticket | undefined {
  const [, at, file, deliveries, receipt] = NAME.exec(name) ?? []
  if (at === undefined) return undefined
  return { at: Number(at), file: file!, deliveries: Number(deliveries), receipt }
}

interface Line {
  readonly id: string
  readonly headers: Headers
  readonly priority: number
  readonly group?: string | undefined
  /** On dead letters. */
  readonly reason?: string | undefined
}

/** A line of JSON, then the body as it is. */
export function encodeFile({ id, headers, priority, group, body }: Message, reason?: string): Uint8Array {
  const line: Line = { id, headers, priority, group, reason }
  return Buffer.concat([Buffer.from(`${JSON.stringify(line)}\n`), body])
}

/** @throws QueueError UNDECODABLE for what nobody here wrote */
export function decodeFile(bytes: Buffer): Message {
  const end = bytes.indexOf(10)
  try {
    const { id, headers, priority, group } = JSON.parse(bytes.toString('utf8', 0, end)) as Line
    if (typeof id !== 'string' || typeof headers !== 'object') throw new TypeError('no message')
    const message = { id, headers, priority, body: bytes.subarray(end + 1), delayMs: 0 }
    return group === undefined ? message : { ...message, group }
  } catch (cause) {
    throw new QueueError('UNDECODABLE', 'spool: this file holds no message.', { cause })
  }
}
