import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { BlobStore } from './blob-store.ts'
import { encodeEnvelope } from './sqs-envelope.ts'
import type { Envelope } from './sqs-envelope.ts'

/** Longest reason that a letter keeps when the whole of it does not fit in. */
const SHORT_REASON = 300

/** Writes an envelope so that it fits into a queue, through the blob store where it does not. */
export async function pack(
  envelope: Envelope,
  limit: number,
  blobs: BlobStore | undefined,
): Promise<{ readonly text: string; readonly blob?: string } | QueueError> {
  const text = encodeEnvelope(envelope, limit)
  if (Buffer.byteLength(text) <= limit) return { text, ...(envelope.blob && { blob: envelope.blob }) }
  const { message, reason, blob } = envelope
  if (reason !== undefined && reason.length > SHORT_REASON) {
    return pack({ ...envelope, reason: `${reason.slice(0, SHORT_REASON)}…` }, limit, blobs)
  }
  if (blobs === undefined || blob !== undefined) return tooLarge(message.id, text, limit, blobs !== undefined)
  const key = systemRuntime.id()
  const stub = encodeEnvelope({ ...envelope, blob: key }, limit)
  if (Buffer.byteLength(stub) > limit) return tooLarge(message.id, stub, limit, true)
  try {
    await blobs.put(key, message.body)
    return { text: stub, blob: key }
  } catch (cause) {
    return blobError(`could not keep the body of message ${message.id}`, cause)
  }
}

/** A failure of the blob store passes; what is in a queue may wait for it. */
export function blobError(what: string, cause: unknown): QueueError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new QueueError('CONNECTION_LOST', `sqs: the blob store ${what}: ${detail}`, { cause })
}

function tooLarge(id: string, text: string, limit: number, hasBlobs: boolean): QueueError {
  const way = hasBlobs
    ? 'Its headers alone are too large: put less into them.'
    : 'Raise the limit of the queue (MaximumMessageSize), hand in a blob store (blobs), or send a reference.'
  return new QueueError(
    'TOO_LARGE',
    `sqs: message ${id} takes ${Buffer.byteLength(text)} bytes, this queue takes ${limit}. ${way}`,
  )
}
