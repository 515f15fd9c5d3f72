import { asBuffer, QueueError } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'
import type { AmqpMessage, AmqpProperties, AmqpTable } from './rabbitmq-driver.ts'

/**
 * What is not the body travels in properties of AMQP where it fits, because a table of headers costs driver and server a
 * fifth of their time, and else in headers of ours, each a string. Whatever the server adds (`x-death`) stays behind.
 */
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
/** Bytes of a short string. */
const MOST_IN_PROPERTY = 255
const USUAL_PRIORITY = 50

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

interface Facts {
  /** Hand-overs of earlier copies. */
  readonly deliveries?: number
  readonly level?: number
  readonly death?: DeathFacts
}

/** @param headers the message's own as JSON: a batch shares them often */
export function encode(message: Message, headers: string, facts: Facts = {}): Outgoing {
  const { id, body } = message
  return {
    content: asBuffer(body),
    // What is `undefined` does not travel.
    properties: {
      persistent: true,
      // So that nothing vanishes where no queue takes it.
      mandatory: true,
      headers: tableOf(message, headers, facts),
      messageId: fits(id) ? id : undefined,
      type: fits(headers) ? headers : undefined,
      priority: facts.level,
    },
  }
}

/** `undefined` for none: an empty table costs, too. */
function tableOf(message: Message, headers: string, facts: Facts): AmqpTable | undefined {
  if (fits(message.id) && fits(headers) && isUsual(message, facts)) return undefined
  return fullTable(message, headers, facts)
}

function isUsual({ priority, group }: Message, { deliveries = 0, death }: Facts): boolean {
  return priority === USUAL_PRIORITY && group === undefined && deliveries === 0 && death === undefined
}

function fullTable({ id, priority, group }: Message, headers: string, facts: Facts): AmqpTable {
  const { deliveries = 0, death } = facts
  const table: Record<string, string> = {}
  if (!fits(id)) table[HEADER.id] = id
  if (!fits(headers)) table[HEADER.headers] = headers
  if (priority !== USUAL_PRIORITY) table[HEADER.priority] = String(priority)
  if (group !== undefined) table[HEADER.group] = group
  if (deliveries > 0) table[HEADER.deliveries] = String(deliveries)
  if (death === undefined) return table
  const { reason, deadAt, key } = death
  return { ...table, [HEADER.reason]: reason, [HEADER.deadAt]: String(deadAt), [HEADER.deadKey]: key }
}

/** No character takes more than three bytes in UTF-8 per unit of UTF-16: most are measured by their length alone. */
function fits(text: string): boolean {
  return text.length <= MOST_IN_PROPERTY / 3 || Buffer.byteLength(text) <= MOST_IN_PROPERTY
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
  const headers = parsed(textOf(table, HEADER.headers) ?? properties.type)
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
      // A copy, out of Node's pool: a view would keep the whole frame in memory, and memory of its own takes long.
      body: Buffer.from(content),
      priority: Number(textOf(table, HEADER.priority) ?? USUAL_PRIORITY),
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

/** The headers read last: most messages of a queue share them, and parsing is the dearest part of reading one. */
let known: { readonly json: string; readonly headers: Headers } | undefined

function parsed(json: unknown): Headers | undefined {
  if (typeof json !== 'string') return undefined
  if (known?.json === json) return known.headers
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null) return undefined
    const headers = Object.freeze(value as Headers)
    known = { json, headers }
    return headers
  } catch {
    return undefined
  }
}
