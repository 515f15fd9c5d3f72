import { parseDuration } from '@bananasjs/core'

export interface WaitFlags {
  readonly wait?: boolean
  readonly waitFor?: string
}

const DEFAULT_WAIT = '5m'

/** How long to wait in milliseconds, `undefined` for not at all. @throws QueueError INVALID */
export function waitMs({ wait, waitFor }: WaitFlags): number | undefined {
  if (waitFor !== undefined) return parseDuration(waitFor, '--wait-for')
  return wait === true ? parseDuration(DEFAULT_WAIT, '--wait') : undefined
}
