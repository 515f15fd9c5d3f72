import { QueueError } from '../errors.ts'
import type { Message } from './message.ts'

const NAME_BYTES = 255

/**
 * Queue names are any text of 1 to 255 bytes without control characters; an adapter maps what its broker cannot spell,
 * reversibly and without clashes.
 * @throws QueueError INVALID
 */
export function checkQueueName(name: string): void {
  // Cheap way first: most names are short, and UTF-8 takes at most 3 bytes per UTF-16 unit.
  if (typeof name !== 'string' || name.length === 0) {
    throw new QueueError('INVALID', 'A queue name must be a non-empty string.')
  }
  if (name.length * 3 > NAME_BYTES && Buffer.byteLength(name) > NAME_BYTES) {
    throw new QueueError(
      'INVALID',
      `The queue name "${name.slice(0, 40)}…" is longer than ${NAME_BYTES} bytes.`,
    )
  }
  // oxlint-disable-next-line no-control-regex -- refusing control characters is the point
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    throw new QueueError('INVALID', `The queue name ${JSON.stringify(name)} contains a control character.`)
  }
  if (!name.isWellFormed()) {
    throw new QueueError(
      'INVALID',
      `The queue name ${JSON.stringify(name)} is not valid Unicode (a lone surrogate).`,
    )
  }
}

/**
 * What every adapter must refuse, told the same way by all. Core sends nothing of the kind, a direct user of the contract might.
 * @returns the error of a message that breaks the contract, else `undefined`.
 */
export function checkMessage(message: Message): QueueError | undefined {
  if (message.id.length === 0) return new QueueError('INVALID', 'A message needs a non-empty id.')
  if (!Number.isInteger(message.priority) || message.priority < 0 || message.priority > 100) {
    return new QueueError(
      'INVALID',
      `Message ${message.id}: priority must be a whole number from 0 to 100, not ${message.priority}.`,
    )
  }
  if (!Number.isFinite(message.delayMs) || message.delayMs < 0) {
    return new QueueError(
      'INVALID',
      `Message ${message.id}: delayMs must be a finite number of at least 0, not ${message.delayMs}.`,
    )
  }
  return undefined
}
