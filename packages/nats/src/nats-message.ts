import { asBuffer, QueueError } from '@bananasjs/core/contract'
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
  readonly headers?: Headers | undefined
  /** 50 where absent. */
  readonly priority?: number | undefined
  readonly group?: string | undefined
  readonly deliveries?: number | undefined
  readonly delayMs?: number | undefined
  readonly reason?: string | undefined
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

/** @returns the message, or why it cannot be read. The body is a copy: a view would keep all that came with it in memory. */
export function decode(
  data: Uint8Array,
  read: (text: string) => Line | undefined = parsed,
): Stored | QueueError {
  const bytes = asBuffer(data)
  const end = bytes.indexOf(NEWLINE)
  const line = end === -1 ? undefined : read(bytes.toString('utf8', 0, end))
  if (line === undefined) {
    return new QueueError(
      'UNDECODABLE',
      'nats: a message in this queue was not written by this package: its first line is not what it should be.',
    )
  }
  const { id, headers = NO_HEADERS, priority = 50, group, deliveries = 0, delayMs = 0, reason = '' } = line
  // Out of Node's pool: memory of its own would take longer than all the rest.
  const body = Buffer.allocUnsafe(bytes.length - end - 1)
  bytes.copy(body, 0, end + 1)
  // Spelled out: a spread takes longer than all the other fields together.
  const message =
    group === undefined
      ? { id, headers, body, priority, delayMs: 0 }
      : { id, headers, body, priority, delayMs: 0, group }
  return { message, deliveries, delayMs, reason }
}

const BEGIN = '{"id":"'

/**
 * Most messages of a queue differ in nothing but their id, and to read the same headers again and again would take longer
 * than all the rest. What is as in the line before is taken over from it, with the headers frozen, since many share them.
 */
export function lineReader(): (text: string) => Line | undefined {
  let known: { readonly rest: string; readonly line: Line } | undefined
  return (text) => {
    const end = text.startsWith(BEGIN) ? text.indexOf('"', BEGIN.length) : -1
    const id = text.slice(BEGIN.length, end)
    if (end === -1 || id.includes('\\')) return parsed(text)
    if (known !== undefined && text.length - end === known.rest.length && text.endsWith(known.rest)) {
      const { headers, priority, group, deliveries, delayMs, reason } = known.line
      return { id, headers, priority, group, deliveries, delayMs, reason }
    }
    const line = parsed(text)
    if (line === undefined) return undefined
    Object.freeze(line.headers)
    known = { rest: text.slice(end), line }
    return line
  }
}

function parsed(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
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
  /** When the server stored it, epoch nanoseconds: more digits than a number holds. */
  readonly storedNanos: string
}

/** Epoch milliseconds. Apart from the reading, because few ask. */
export function storedAt({ storedNanos }: Token): number {
  return Number(storedNanos) / 1_000_000
}

const ACK = '$JS.ACK.'
/** Words in front of the stream, where domain and account are told. */
const PLACE = 4
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
      const token = tokenAt(subject, plain.length)
      if (token !== undefined) return token
    }
    const words = subject.split('.')
    if (words[PLACE] !== stream || words[PLACE + 1] !== consumer) return undefined
    return tokenAt(words.slice(PLACE + 2, PLACE + 2 + FACTS).join('.'), 0)
  }
}

/** From `at` on, exactly five words. Looked for dot by dot: a list of them would cost three times as much. */
function tokenAt(text: string, at: number): Token | undefined {
  const first = text.indexOf('.', at)
  const second = text.indexOf('.', first + 1)
  const third = text.indexOf('.', second + 1)
  const fourth = text.indexOf('.', third + 1)
  if (first === -1 || second < first || third < second || fourth < third) return undefined
  if (text.includes('.', fourth + 1)) return undefined
  const handOvers = Number(text.slice(at, first))
  const seq = Number(text.slice(first + 1, second))
  return handOvers >= 1 && seq >= 1
    ? { handOvers, seq, storedNanos: text.slice(third + 1, fourth) }
    : undefined
}

/** `true` for a message, `false` for one of the server's notes about a pull. */
export function isMessage({ reply }: NatsMessage): boolean {
  return reply?.startsWith(ACK) === true
}
