import { createHash } from 'node:crypto'
import { QueueError } from '@bananasjs/core'
import { STEP_ID } from '../plan/life.ts'

const LONGEST_ID = 200

/** @throws QueueError INVALID for what can be no id of a workflow */
export function checkFlowId(id: string): string {
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > LONGEST_ID || !id.isWellFormed())
    throw new QueueError('INVALID', `A workflow's id must be a string of 1 to ${LONGEST_ID} bytes.`)
  if (STEP_ID.test(id))
    throw new QueueError(
      'INVALID',
      `The id "${id}" ends like that of a step (.n5, .r1, .then, .sub1, .undo0). Choose one that does not.`,
    )
  return id
}

/** Of a workflow that follows from a task: the same each time, and never too long, however deep they are nested. */
export function followingId(task: string, ending = 'then'): string {
  const id = `${task}.${ending}`
  return Buffer.byteLength(id) <= LONGEST_ID
    ? id
    : `${createHash('sha256').update(task).digest('hex')}.${ending}`
}
