import { defineTask } from '@bananasjs/core'

/** A task that is known by its number. */
export const numbered = defineTask<number>('numbered', { ignoreResult: true })
