import { defineTask } from '@bananasjs/core'

export interface Mail {
  readonly order: number
}

/** The task on trial. */
export const send = defineTask<Mail, string>('mail.send', {
  retry: { limit: 10, delay: '50ms', maxDelay: '2s' },
})
