import { QueueError } from '@bananasjs/core/contract'
import type { Headers, Message } from '@bananasjs/core/contract'

declare global {
  interface Buffer {
    /** Node's own, without the checks of `toString`, which cost more than the work here. */
    latin1Slice(start: number, end: number): string
    utf8Slice(start: number, end: number): string
  }
}

/*
 * One message as bytes: version 1 | priority 1 | deliveries 4 | id size 2 | group size 2 | headers size 4 | id | group |
 * headers as JSON | body. The scripts read the fixed part (`scripts/element.ts`); numbers are big-endian.
 */
const VERSION = 1
const FIXED = 14
const NO_GROUP = 0xffff
const UTF8_BYTES = 3
/** Before each element of a batch: delay (double) and size. */
const RECORD = 12
const MOST_HEADERS = 256
const SHARED_BYTES = 256 * 1024

export interface Draft {
  readonly message: Message
  readonly headers: string
}

/** More bytes than the record of this message can take. */
export function recordBound({ message, headers }: Draft): number {
  const units = message.id.length + (message.group?.length ?? 0) + headers.length
  return RECORD + FIXED + units * UTF8_BYTES + message.body.length
}

/** The batch as the publish script reads it: delay | size | element, for each message. */
export function encodeRecords(drafts: readonly Draft[]): Buffer {
  let bound = 0
  for (const draft of drafts) bound += recordBound(draft)
  const bytes = Buffer.allocUnsafe(bound)
  let at = 0
  for (const draft of drafts) at = writeRecord(bytes, at, draft)
  return bytes.subarray(0, at)
}

function writeRecord(bytes: Buffer, at: number, { message, headers }: Draft): number {
  const { id, group, body } = message
  const element = at + RECORD
  let end = element + FIXED
  const idSize = bytes.write(id, end)
  end += idSize
  const groupSize = group === undefined ? 0 : bytes.write(group, end)
  end += groupSize
  const headersSize = bytes.write(headers, end)
  end += headersSize
  bytes.set(body, end)
  end += body.length
  bytes.writeDoubleBE(message.delayMs, at)
  bytes.writeUInt32BE(end - element, at + 8)
  bytes[element] = VERSION
  bytes[element + 1] = message.priority
  bytes.writeUInt32BE(0, element + 2)
  bytes.writeUInt16BE(idSize, element + 6)
  bytes.writeUInt16BE(group === undefined ? NO_GROUP : groupSize, element + 8)
  bytes.writeUInt32BE(headersSize, element + 10)
  return end
}

export interface Element {
  readonly message: Message
  /** Hand-overs before this one. */
  readonly deliveries: number
}

/** Cuts a claim's answer (all sizes, then all bytes) and reads each element. */
export function decodeElements(packed: Buffer, count: number): readonly (Element | QueueError)[] {
  const elements: (Element | QueueError)[] = []
  let at = count * 4
  for (let index = 0; index < count; index += 1) {
    const end = at + packed.readUInt32BE(index * 4)
    elements.push(decodeAt(packed, at, end))
    at = end
  }
  return elements
}

/** @returns the message with its count; UNDECODABLE for bytes this package never wrote */
export function decodeElement(bytes: Buffer): Element | QueueError {
  return decodeAt(bytes, 0, bytes.length)
}

function decodeAt(bytes: Buffer, at: number, end: number): Element | QueueError {
  const idAt = at + FIXED
  if (end < idAt || bytes[at] !== VERSION)
    return undecodable(bytes.subarray(at, end), 'it does not begin as one')
  const idEnd = idAt + bytes.readUInt16BE(at + 6)
  const groupSize = bytes.readUInt16BE(at + 8)
  const groupEnd = groupSize === NO_GROUP ? idEnd : idEnd + groupSize
  const headersEnd = groupEnd + bytes.readUInt32BE(at + 10)
  if (headersEnd > end || idEnd === idAt) return undecodable(bytes.subarray(at, end), 'it is cut off')
  const headers = readHeaders(bytes, groupEnd, headersEnd)
  if (headers === undefined)
    return undecodable(bytes.subarray(at, end), 'its headers are no JSON object of strings')
  const message: Message = {
    id: bytes.utf8Slice(idAt, idEnd),
    headers,
    body: bodyOf(bytes, headersEnd, end),
    priority: bytes[at + 1]!,
    delayMs: 0,
    ...(groupSize === NO_GROUP ? undefined : { group: bytes.utf8Slice(idEnd, groupEnd) }),
  }
  return { message, deliveries: bytes.readUInt32BE(at + 2) }
}

/** A view costs nothing, but keeps the whole batch in memory while one of its tasks runs; large batches are copied. */
function bodyOf(bytes: Buffer, from: number, to: number): Uint8Array {
  const view = bytes.subarray(from, to)
  return bytes.length <= SHARED_BYTES ? view : Buffer.from(view)
}

/** Most messages of a queue share their headers byte by byte; parsing is the dearest part of reading one. */
const parsed = new Map<string, Headers>()

function readHeaders(bytes: Buffer, from: number, to: number): Headers | undefined {
  const key = bytes.latin1Slice(from, to) // one character per byte: different bytes, different keys
  const known = parsed.get(key)
  if (known !== undefined) return known
  const headers = parseHeaders(bytes.utf8Slice(from, to))
  if (headers === undefined || key.length > 1000) return headers
  if (parsed.size >= MOST_HEADERS) parsed.clear()
  parsed.set(key, headers)
  return headers
}

function parseHeaders(text: string): Headers | undefined {
  try {
    const headers: unknown = JSON.parse(text)
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined
    if (!Object.values(headers).every((value) => typeof value === 'string')) return undefined
    return Object.freeze(headers as Record<string, string>)
  } catch {
    return undefined
  }
}

function undecodable(bytes: Buffer, why: string): QueueError {
  const start = JSON.stringify(bytes.toString('latin1', 0, 40))
  return new QueueError(
    'UNDECODABLE',
    `redis: an element of ${bytes.length} bytes is not a message of this package: ${why}. It starts with ${start}. ` +
      'Something else writes to this key, or a newer version of @bananasjs/redis does.',
  )
}
