import { QueueError } from '@bananasjs/core'

/** The error of a result that is needed and has been forgotten. */
export function expired(label: string, id: string): QueueError {
  return new QueueError(
    'INVALID',
    `The result of step "${label}" (${id}) is needed and no longer there. Keep results for as long as the workflow takes: defineTask(name, { resultTtl: '7d' }).`,
  )
}
