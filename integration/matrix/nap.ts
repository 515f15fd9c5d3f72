import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'

export interface Nap {
  readonly index: number
  readonly ms: number
}

/** What the trials run: it writes down that it ran, and sleeps. Tried again for as long as a disturbance may last. */
export const nap: Task<Nap> = defineTask<Nap>('nap', {
  ignoreResult: true,
  retry: { limit: 20, delay: '100ms' },
})
