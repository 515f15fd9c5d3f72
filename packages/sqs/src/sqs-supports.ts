import { QueueError } from '@bananasjs/core/contract'
import type { BrokerSupports, Message } from '@bananasjs/core/contract'
import type { Settings } from './sqs-options.ts'

/** The grain of delays and of visibility timeouts. */
export const CLOCK_MS = 1000
/** Most messages of one publish, settle or receive: a hundred calls, some at once. */
export const MAX_BATCH = 1000
export const LONGEST_LEASE_MS: number = 12 * 3_600_000
const LONGEST_DELAY_MS = 900_000
const DEDUPE_MS = 300_000
const QUEUE_BYTES = 1024 * 1024
/** Room for what stands beside headers and body: id, group, counts, the reason of a dead letter. */
const BESIDE_BYTES = 8192
const BLOB_BYTES = 64 * 1024 * 1024

/** Of a queue that takes 1 MiB, what is left when every byte has to be written in base64. */
const TEXT_BYTES: number = Math.floor(((QUEUE_BYTES - BESIDE_BYTES) * 3) / 4)

export function supportsOf({ fifo, blobs }: Pick<Settings, 'fifo' | 'blobs'>): BrokerSupports {
  return Object.freeze({
    durability: 'quorum',
    inspect: 'counts',
    peek: false,
    purge: false,
    deadLetters: false,
    ordered: fifo ? 'group' : 'none',
    release: 'counted',
    priorityLevels: 1,
    maxDelayMs: fifo ? 0 : LONGEST_DELAY_MS,
    dedupeMs: fifo ? DEDUPE_MS : 0,
    maxMessageBytes: blobs === undefined ? TEXT_BYTES : BLOB_BYTES,
    maxBatch: MAX_BATCH,
    clockMs: CLOCK_MS,
    lease: Object.freeze({ renewable: true, fenced: false, shared: true, maxMs: LONGEST_LEASE_MS }),
  })
}

/** @param what names what is to be delayed */
export function delayError(delayMs: number, what: string, settings: Settings): QueueError | undefined {
  if (!(delayMs >= 0 && Number.isFinite(delayMs))) {
    return new QueueError(
      'INVALID',
      `sqs: delayMs of ${what} must be a finite number of at least 0, not ${delayMs}.`,
    )
  }
  const { maxDelayMs } = supportsOf(settings)
  if (delayMs <= maxDelayMs) return undefined
  const why = settings.fifo
    ? 'FIFO queues delay no single message. Use standard queues for what is delayed'
    : `SQS delays by ${maxDelayMs} ms at most. Longer delays are made of hops`
  return new QueueError('UNSUPPORTED', `sqs: cannot delay ${what} by ${delayMs} ms: ${why}.`)
}

/** The group of the message, or what its fairness header says. */
export function fairGroup({ group, headers }: Message, { fairHeader }: Settings): string | undefined {
  if (group !== undefined || fairHeader === undefined || !Object.hasOwn(headers, fairHeader)) return group
  const value = headers[fairHeader]!
  return value === '' ? undefined : value
}
