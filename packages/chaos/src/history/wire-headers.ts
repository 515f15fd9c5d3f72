/** What a history reads of the wire format. */
export const header = {
  task: 'bananas-task',
  attempt: 'bananas-attempt',
  handedBack: 'bananas-handed-back',
  expiresAt: 'bananas-expires-at',
  retryLimit: 'bananas-retry-limit',
  unique: 'bananas-unique',
  uniqueUntil: 'bananas-unique-until',
  hop: 'bananas-hop-ms',
  error: 'bananas-error',
  /** Set by whoever sends for a schedule. */
  schedule: 'schedule',
  tick: 'schedule-tick',
} as const
