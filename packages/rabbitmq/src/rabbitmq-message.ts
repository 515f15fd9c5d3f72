import { QueueError } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'
import type { AmqpMessage, AmqpProperties, AmqpTable } from './rabbitmq-driver.ts'

/** All that is not the body travels in headers of ours, each a string; whatever the server adds (`x-death`) stays behind. */
const HEADER = {
  id: 'bananas-message-id',
  headers: 'bananas-headers',
  priority: 'bananas-priority',
  group: 'bananas-group',
  /** Hand-overs before this copy was published. */
  deliveries: 'bananas-deliveries',
  reason: 'bananas-reason',
  deadAt: 'bananas-dead-at',
  /** Orders the letters of one moment. */
  deadKey: 'bananas-dead-key',
} as const

/** One frame holds all properties; the smallest frame a server may insist on leaves this much for them. */
export const MAX_HEADER_BYTES = 100_000
/** The default of RabbitMQ 4, headers aside. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024
const LONGEST_MESSAGE_ID = 255

/** A message on its way to the server. */
export interface Outgoing {
  readonly content: Buffer
  readonly properties: AmqpProperties
}

export interface DeathFacts {
  readonly reason: string
  readonly deadAt: number
  /** Grows with time: a UUIDv7. */
  readonly key: string
}

/** @param headers the message's own as JSON: a batch shares them often */
export function encode(
  message: Message,
  headers: string,
  facts: { readonly deliveries?: number; readonly level?: number; readonly death?: DeathFacts } = {},
): Outgoing {
  const { id, body, priority, group } = message
  const { deliveries = 0, level, death } = facts
  const table: Record<string, string> = { [HEADER.headers]: headers, [HEADER.priority]: String(priority) }
  const fits = Buffer.byteLength(id) <= LONGEST_MESSAGE_ID
  if (!fits) table[HEADER.id] = id
  if (group !== undefined) table[HEADER.group] = group
  if (deliveries > 0) table[HEADER.deliveries] = String(deliveries)
  if (death !== undefined) {
    table[HEADER.reason] = death.reason
    table[HEADER.deadAt] = String(death.deadAt)
    table[HEADER.deadKey] = death.key
  }
  return {
    content: Buffer.from(body.buffer, body.byteOffset, body.length),
    properties: {
      persistent: true,
      headers: table,
      ...(fits && { messageId: id }),
      ...(level !== undefined && { priority: level }),
    },
  }
}

export interface Incoming {
  readonly message: Message
  /** Hand-overs so far, this one included. */
  readonly deliveries: number
  /** Those of the copies before this one. */
  readonly earlier: number
  readonly death: DeathFacts
}

/** @returns the message, or why it cannot be read */
export function decode({ properties, content, fields }: AmqpMessage): Incoming | QueueError {
  const table = properties.headers ?? {}
  const id = textOf(table, HEADER.id) ?? properties.messageId
  const headers = parsed(textOf(table, HEADER.headers))
  if (typeof id !== 'string' || headers === undefined) {
    return new QueueError(
      'UNDECODABLE',
      'rabbitmq: a message in this queue was not written by this package: it has no id or no headers of ours.',
    )
  }
  const group = textOf(table, HEADER.group)
  const earlier = Number(textOf(table, HEADER.deliveries) ?? 0)
  return {
    message: {
      id,
      headers,
      body: new Uint8Array(content),
      priority: Number(textOf(table, HEADER.priority) ?? 50),
      delayMs: 0,
      ...(group !== undefined && { group }),
    },
    deliveries: earlier + returns(table, fields.redelivered) + 1,
    earlier,
    death: deathOf(table),
  }
}

function deathOf(table: AmqpTable): DeathFacts {
  return {
    reason: textOf(table, HEADER.reason) ?? 'set aside by the server',
    deadAt: Number(textOf(table, HEADER.deadAt) ?? 0),
    key: textOf(table, HEADER.deadKey) ?? '',
  }
}

/** How often this copy was handed over before: counted by quorum queues; classic ones tell only whether it was. */
function returns(table: AmqpTable, redelivered: boolean | undefined): number {
  const count = table['x-delivery-count']
  return typeof count === 'number' ? count : Number(redelivered === true)
}

function textOf(table: AmqpTable, name: string): string | undefined {
  const value = table[name]
  return typeof value === 'string' ? value : undefined
}

function parsed(json: string | undefined): Headers | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? Object.freeze(value as Headers) : undefined
  } catch {
    return undefined
  }
}
