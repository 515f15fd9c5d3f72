import { runChaosWorker } from '@bananasjs/chaos'
import { QueueError } from '@bananasjs/core'
import { transportFor } from '../transport.ts'

/** A worker process of an experiment. Argument: a transport, as `transportFor` reads it. */
await runChaosWorker(await transportFor(process.argv[2] ?? '')).catch((error: unknown) => {
  // Begun while the broker was away: the crew begins another one.
  if (QueueError.is(error) && error.retryable) process.exit(1)
  throw error
})
