import { checkMessage, QueueError } from '@bananasjs/core/contract'
import type { BrokerSupports, Message } from '@bananasjs/core/contract'

/** Declare less than you can rather than more: the kit holds you to every word. */
export const SUPPORTS: BrokerSupports = Object.freeze({
  durability: 'disk', // files and folders are synced before `publish` resolves
  inspect: 'counts',
  peek: false,
  purge: false,
  deadLetters: false, // they are set aside, but can be neither listed nor put back
  ordered: 'none', // names sort by time, but two processes may share a millisecond
  release: 'free',
  priorityLevels: 1, // core keeps lane queues
  maxDelayMs: 365 * 86_400_000,
  dedupeMs: 0, // core takes a key on the results
  maxMessageBytes: 16 * 1024 * 1024,
  maxBatch: 100, // each message is a file, so more at once would not be faster
  clockMs: 50,
  lease: Object.freeze({ renewable: true, fenced: true, shared: true, maxMs: Infinity }),
})

/** What this broker refuses, beside what all refuse. */
export function refusal(message: Message): QueueError | undefined {
  const { id, headers, body, delayMs } = message
  const error = checkMessage(message)
  if (error !== undefined) return error
  const bytes = Buffer.byteLength(Object.entries(headers).flat().join('')) + body.length
  if (bytes > SUPPORTS.maxMessageBytes) {
    return new QueueError(
      'TOO_LARGE',
      `Message ${id} has ${bytes} bytes, spool takes ${SUPPORTS.maxMessageBytes}. Store it elsewhere and send a reference.`,
    )
  }
  if (delayMs <= SUPPORTS.maxDelayMs) return undefined
  return new QueueError(
    'UNSUPPORTED',
    `spool keeps delays up to ${SUPPORTS.maxDelayMs} ms, message ${id} asks for ${delayMs}.`,
  )
}
