import { isUtf8 } from 'node:buffer'
import { QueueError } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'

/**
 * The body of an SQS message: one line of JSON, then what was sent. SQS takes text of XML 1.0 alone, so
 * - `text` (not spelled out): the body itself, when it is such text
 * - `base64`: the body
 * - `blob`: the key under which the blob store keeps the body
 * - `packed`: all of it, line and body, when escapes would have made it too long
 *
 * @example
 * ```text
 * {"bananas":1,"id":"0192…","priority":50,"headers":{"bananas-task":"greet"}}
 * {"name":"Ada"}
 * ```
 */
export interface Envelope {
  readonly message: Message
  /** Hand-overs of earlier lives of this message: a retry is sent anew. */
  readonly deliveries: number
  /** Where the body is, when it is not here. */
  readonly blob?: string | undefined
  /** On dead letters. */
  readonly reason?: string | undefined
  readonly deadAt?: number | undefined
}

interface Line {
  readonly bananas: number
  readonly id: string
  readonly priority?: number
  readonly group?: string
  readonly deliveries?: number
  readonly headers: Headers
  readonly as?: 'base64' | 'blob' | 'packed'
  readonly reason?: string
  readonly deadAt?: number
}

const VERSION = 1
/** What XML 1.0 has no character for, what stands outside the basic plane, and the line end that XML would change. */
const UNSAFE = /[^\t\n\x20-\ud7ff\ue000-\ufffd]/
const UNSAFE_UNITS = /[\ud800-\udfff\ufffe\uffff]/g

/** @param limit bytes that SQS takes; what is longer may still get shorter by being packed */
export function encodeEnvelope(envelope: Envelope, limit: number): string {
  const { message, blob } = envelope
  const body = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length)
  const text = blob ?? safeText(body)
  const as = blob !== undefined ? 'blob' : text === undefined ? 'base64' : undefined
  const plain = `${line(envelope, as)}\n${text ?? body.toString('base64')}`
  if (plain.length * 3 <= limit || Buffer.byteLength(plain) <= limit || blob !== undefined) return plain
  const bytes = Buffer.concat([Buffer.from(`${line(envelope, undefined, false)}\n`), body])
  const packed = `{"bananas":${VERSION},"as":"packed"}\n${bytes.toString('base64')}`
  return packed.length < Buffer.byteLength(plain) ? packed : plain
}

/** @returns the envelope, or UNDECODABLE for a text that nobody here wrote. */
export function decodeEnvelope(text: string): Envelope | QueueError {
  const end = text.indexOf('\n')
  const found = end < 0 ? undefined : readLine(text.slice(0, end))
  if (found?.as === 'packed') return decodePacked(Buffer.from(text.slice(end + 1), 'base64'))
  if (!isLine(found)) return undecodable(text)
  const rest = text.slice(end + 1)
  if (found.as === 'blob') return envelopeOf(found, new Uint8Array(0), rest)
  return envelopeOf(found, Buffer.from(rest, found.as === 'base64' ? 'base64' : 'utf8'))
}

function decodePacked(bytes: Buffer): Envelope | QueueError {
  const end = bytes.indexOf(10)
  const found = end < 0 ? undefined : readLine(bytes.toString('utf8', 0, end))
  return isLine(found) ? envelopeOf(found, bytes.subarray(end + 1)) : undecodable(bytes.toString('latin1'))
}

function line(envelope: Envelope, as: Line['as'], escaped = true): string {
  const { message, deliveries, reason, deadAt } = envelope
  const { id, priority, group, headers } = message
  const written: Line = {
    bananas: VERSION,
    id,
    priority,
    headers,
    ...(group === undefined ? undefined : { group }),
    ...(deliveries === 0 ? undefined : { deliveries }),
    ...(as === undefined ? undefined : { as }),
    ...(reason === undefined ? undefined : { reason }),
    ...(deadAt === undefined ? undefined : { deadAt }),
  }
  const json = JSON.stringify(written)
  return escaped ? json.replace(UNSAFE_UNITS, escape) : json
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16)}`
}

function safeText(body: Buffer): string | undefined {
  if (!isUtf8(body)) return undefined
  const text = body.toString()
  return UNSAFE.test(text) ? undefined : text
}

function readLine(text: string): Partial<Line> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function isLine(value: Partial<Line> | undefined): value is Line {
  if (value?.bananas !== VERSION) return false
  const { id, headers } = value
  return typeof id === 'string' && id !== '' && typeof headers === 'object' && headers !== null
}

function envelopeOf(written: Line, body: Uint8Array, blob?: string): Envelope {
  const { id, headers, priority = 50, group, deliveries = 0, reason, deadAt } = written
  const message = {
    id,
    headers,
    body,
    priority,
    delayMs: 0,
    ...(group === undefined ? undefined : { group }),
  }
  // A dead letter that somebody moved back to its queue begins a new life.
  return { message, deliveries: deadAt === undefined ? deliveries : 0, blob, reason, deadAt }
}

function undecodable(text: string): QueueError {
  return new QueueError(
    'UNDECODABLE',
    `sqs: no message of this package: it begins with ${JSON.stringify(text.slice(0, 40))}. ` +
      'Keep queues of Bananas apart from others (prefix).',
  )
}
