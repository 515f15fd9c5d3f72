import { QueueError } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'
import type { NatsMessage } from './nats-driver.ts'

const NEWLINE = 0x0a

/** What stands beside a message: how it came to where it is. */
export interface Facts {
  /** Hand-overs before this copy was published. */
  readonly deliveries?: number | undefined
  /** Milliseconds from when the server stored it until it is due. */
  readonly delayMs?: number | undefined
  readonly reason?: string | undefined
}

/** The first line of what is stored, as JSON; the body follows the line break. Absent is what is usual. */
interface Line {
  readonly id: string
  readonly headers?: Headers
  /** 50 where absent. */
  readonly priority?: number
  readonly group?: string
  readonly deliveries?: number
  readonly delayMs?: number
  readonly reason?: string
}

const NO_HEADERS: Headers = Object.freeze({})

export function encode(message: Message, facts: Facts = {}): Buffer {
  const { id, headers, body, priority, group } = message
  const line: Line = {
    id,
    headers,
    ...(priority !== 50 && { priority }),
    ...(group !== undefined && { group }),
    ...(facts.deliveries && { deliveries: facts.deliveries }),
    ...(facts.delayMs && { delayMs: facts.delayMs }),
    ...(facts.reason !== undefined && { reason: facts.reason }),
  }
  const text = JSON.stringify(line)
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(length + 1 + body.length)
  bytes.write(text, 0, length, 'utf8')
  bytes[length] = NEWLINE
  bytes.set(body, length + 1)
  return bytes
}

export interface Stored {
  readonly message: Message
  readonly deliveries: number
  readonly delayMs: number
  readonly reason: string
}

/** @returns the message, or why it cannot be read. The body is a copy: the driver's buffer is used again. */
export function decode(data: Uint8Array): Stored | QueueError {
  const end = data.indexOf(NEWLINE)
  const line = end === -1 ? undefined : parsed(data.subarray(0, end))
  if (line === undefined) {
    return new QueueError(
      'UNDECODABLE',
      'nats: a message in this queue was not written by this package: its first line is not what it should be.',
    )
  }
  const { id, headers = NO_HEADERS, priority = 50, group, deliveries = 0, delayMs = 0, reason = '' } = line
  const body = Uint8Array.prototype.slice.call(data, end + 1)
  return {
    message: { id, headers, body, priority, delayMs: 0, ...(group !== undefined && { group }) },
    deliveries,
    delayMs,
    reason,
  }
}

function parsed(bytes: Uint8Array): Line | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
    return typeof value === 'object' && value !== null && typeof (value as Line).id === 'string'
      ? (value as Line)
      : undefined
  } catch {
    return undefined
  }
}

/** What the subject of an acknowledgement tells of a delivery. */
export interface Token {
  /** Hand-overs of this copy so far. */
  readonly handOvers: number
  readonly seq: number
  /** When the server stored it, epoch milliseconds. */
  readonly storedAt: number
}

const ACK = '$JS.ACK.'
/** Words behind the consumer. */
const FACTS = 5
const LONGEST_RECEIPT = 600

/**
 * Of `$JS.ACK.<stream>.<consumer>.<hand-overs>.<sequence>.<number>.<time>.<pending>`, or with domain and account in front
 * of the stream and something random behind.
 * @returns a reader, which answers with `undefined` for what does not belong to this consumer
 */
export function tokenReader(stream: string, consumer: string): (subject: string) => Token | undefined {
  const plain = `${ACK}${stream}.${consumer}.`
  return (subject) => {
    if (subject.length > LONGEST_RECEIPT || !subject.startsWith(ACK)) return undefined
    if (subject.startsWith(plain)) {
      const facts = subject.slice(plain.length).split('.')
      if (facts.length === FACTS) return tokenOf(facts)
    }
    const parts = subject.split('.')
    if (parts.length <= 4 + FACTS || parts[4] !== stream || parts[5] !== consumer) return undefined
    return tokenOf(parts.slice(6))
  }
}

function tokenOf([handOvers, seq, number, nanos, pending]: readonly string[]): Token | undefined {
  if (number === undefined || pending === undefined) return undefined
  const token = { handOvers: Number(handOvers), seq: Number(seq), storedAt: Number(nanos) / 1_000_000 }
  return token.handOvers >= 1 && token.seq >= 1 && token.storedAt > 0 ? token : undefined
}

/** `true` for a message, `false` for one of the server's notes about a pull. */
export function isMessage({ reply }: NatsMessage): boolean {
  return reply?.startsWith(ACK) === true
}
