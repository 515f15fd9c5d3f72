import { asBuffer } from '../contract/as-buffer.ts'
import { QueueError } from '../errors.ts'
import { DEFAULT_CONTENT_TYPE } from './envelope.ts'
import type { ErrorRecord } from './error-record.ts'

/** One line a handler logged through `context.log`. */
export interface LogLine {
  /** Epoch ms. */
  readonly at: number
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

/** What core keeps about a run beside the returned value. */
export interface ResultFacts {
  readonly task?: string
  readonly attempt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
  readonly worker?: string
  readonly progress?: number
  readonly note?: string
  readonly error?: ErrorRecord
  readonly reason?: string
  readonly logs?: readonly LogLine[]
  readonly contentType?: string
}

const LINE_FEED = 10

/** On the wire: the facts as one line of JSON, a line feed, then the returned value as its serializer wrote it. */
export function encodeResultValue(facts: ResultFacts, body?: Uint8Array): Uint8Array {
  const head = JSON.stringify(facts)
  if (body === undefined || body.length === 0) return Buffer.from(`${head}\n`)
  const headBytes = Buffer.byteLength(head)
  const bytes = Buffer.allocUnsafe(headBytes + 1 + body.length)
  bytes.write(head, 0)
  bytes[headBytes] = LINE_FEED
  bytes.set(body, headBytes + 1)
  return bytes
}

/**
 * What the task returned, as its serializer wrote it. For those who read very many: the facts, which cost most, are parsed
 * only where they may name a content type. @throws QueueError UNDECODABLE
 */
export function decodeResultBody(
  id: string,
  bytes: Uint8Array,
): { readonly contentType: string; readonly body: Uint8Array } {
  const end = bytes.indexOf(LINE_FEED)
  const facts = asBuffer(bytes)
  // As a string, which is found in sooner than in bytes.
  if (end === -1 || facts.toString('latin1', 0, end).includes('"contentType"')) {
    const { facts: named, body } = decodeResultValue(id, bytes)
    return { contentType: named.contentType ?? DEFAULT_CONTENT_TYPE, body }
  }
  return { contentType: DEFAULT_CONTENT_TYPE, body: bytes.subarray(end + 1) }
}

/** @throws QueueError UNDECODABLE */
export function decodeResultValue(
  id: string,
  bytes: Uint8Array,
): { readonly facts: ResultFacts; readonly body: Uint8Array } {
  const end = bytes.indexOf(LINE_FEED)
  try {
    const head: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, end === -1 ? bytes.length : end).toString(),
    )
    if (typeof head === 'object' && head !== null)
      return { facts: head, body: end === -1 ? new Uint8Array(0) : bytes.subarray(end + 1) }
  } catch (cause) {
    throw new QueueError('UNDECODABLE', `The result of task ${id} cannot be read.`, { cause })
  }
  throw new QueueError('UNDECODABLE', `The result of task ${id} cannot be read.`)
}
