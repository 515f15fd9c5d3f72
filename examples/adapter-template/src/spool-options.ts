import { QueueError } from '@bananasjs/core/contract'

export interface SpoolOptions {
  /** Where the queues are. Made when it is missing; every producer and worker must see the same one. */
  readonly folder: string
  /** How often an empty queue is looked at while somebody waits. Default 25. */
  readonly pollMs?: number | undefined
}

export type Settings = { readonly [K in keyof Required<SpoolOptions>]: Exclude<SpoolOptions[K], undefined> }

/** @throws QueueError INVALID naming the option */
export function settingsFrom({ folder, pollMs = 25 }: SpoolOptions): Settings {
  if (typeof folder !== 'string' || folder === '') {
    throw new QueueError('INVALID', 'spool: folder must be the path of a folder.')
  }
  if (!(pollMs >= 1 && pollMs <= 1000)) {
    throw new QueueError('INVALID', `spool: pollMs must be from 1 to 1000, not ${pollMs}.`)
  }
  return { folder, pollMs }
}
