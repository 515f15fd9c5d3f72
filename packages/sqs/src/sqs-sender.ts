import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { QueueError } from '@bananasjs/core/contract'
import { cut, runBatches } from './sqs-batches.ts'
import type { BatchReply, Entry } from './sqs-batches.ts'
import type { SqsClient } from './sqs-client.ts'
import { safeId } from './sqs-names.ts'
import type { SqsQueue } from './sqs-queues.ts'

/** One message on its way to a queue. */
export interface Parcel {
  readonly index: number
  readonly text: string
  readonly delayMs: number
  /** First in, first out on FIFO queues; on standard queues the key by which SQS is fair. */
  readonly group: string | undefined
  /** On FIFO queues, a second parcel with this id is dropped for five minutes. */
  readonly dedupeId: string
}

interface Request {
  readonly MessageBody: string
  readonly DelaySeconds?: number
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

/** Messages of a group stay in one line, so that they arrive in order; lines go beside each other. */
const LINES = 16
/** Every queue takes at least this much in one call. */
const CALL_BYTES = 256 * 1024

/** Sends parcels in batches. Tells what failed by the index of the parcel. */
export function send(
  client: SqsClient,
  queue: SqsQueue,
  parcels: readonly Parcel[],
): Promise<ReadonlyMap<number, QueueError>> {
  const { fifo } = client.settings
  const entries = parcels.map((parcel) => ({ index: parcel.index, request: requestOf(parcel, fifo) }))
  const lines = fifo ? byGroup(entries) : [entries]
  const maxBytes = Math.max(queue.maxBytes, CALL_BYTES)
  const batches = lines.map((line) =>
    cut(line, maxBytes, ({ MessageBody }) => Buffer.byteLength(MessageBody)),
  )
  return runBatches(fifo ? batches : batches.flat().map((batch) => [batch]), {
    client,
    patient: !fifo,
    call: (Entries) =>
      client.call<BatchReply>(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }), {
        repeatable: fifo, // SQS itself drops the second one there
      }),
  })
}

function requestOf({ text, delayMs, group, dedupeId }: Parcel, fifo: boolean): Request {
  if (!fifo) {
    return {
      MessageBody: text,
      ...(delayMs === 0 ? undefined : { DelaySeconds: Math.ceil(delayMs / 1000) }),
      ...(group === undefined ? undefined : { MessageGroupId: safeId(group) }),
    }
  }
  // Without a group each message is one of its own: nothing waits for it, it waits for nothing.
  return {
    MessageBody: text,
    MessageGroupId: group === undefined ? dedupeId : safeId(group),
    MessageDeduplicationId: dedupeId,
  }
}

function byGroup(entries: readonly Entry<Request>[]): readonly (readonly Entry<Request>[])[] {
  const lines = Array.from({ length: LINES }, (): Entry<Request>[] => [])
  for (const entry of entries) lines[lineOf(entry.request.MessageGroupId!)]!.push(entry)
  return lines.filter((line) => line.length > 0)
}

function lineOf(group: string): number {
  let sum = 0
  for (let at = 0; at < group.length; at += 1) sum = (Math.imul(sum, 31) + group.charCodeAt(at)) >>> 0
  return sum % LINES
}
