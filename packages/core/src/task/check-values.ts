import { QueueError } from '../errors.ts'
import { show } from './show.ts'

const LONGEST_ID = 255

/**
 * Ids, of tasks and workers alike: text of 1 to 255 bytes that UTF-8 can hold.
 * @throws QueueError INVALID
 */
export function checkId(id: string, subject: string): void {
  if (typeof id === 'string' && id.length > 0 && Buffer.byteLength(id) <= LONGEST_ID && id.isWellFormed())
    return
  throw new QueueError('INVALID', `${subject} must be a string of 1 to ${LONGEST_ID} bytes, not ${show(id)}.`)
}

/** What travels as a header: any text that UTF-8 can hold. @throws QueueError INVALID */
export function checkText(text: string, subject: string): void {
  if (typeof text === 'string' && text.isWellFormed()) return
  throw new QueueError(
    'INVALID',
    `${subject} must be a string of valid Unicode (no lone surrogate), not ${show(text)}.`,
  )
}

/** @throws QueueError INVALID unless one of `choices` */
export function checkChoice<T>(value: T, choices: readonly T[], subject: string): void {
  if (choices.includes(value)) return
  throw new QueueError(
    'INVALID',
    `${subject} must be ${choices.map((choice) => show(choice)).join(' or ')}, not ${show(value)}.`,
  )
}
