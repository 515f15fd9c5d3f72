import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas, QueueError } from '@bananasjs/core'
import { transportFor } from '../transport.ts'
import { HistoryWriter } from './history.ts'
import { nap } from './nap.ts'
import { noteCopies } from './note-copies.ts'

/** A worker process that expects the worst. Arguments: transport, folder of histories, lease in ms. */
const [url = '', folder = '', leaseMs = ''] = process.argv.slice(2)
const history = new HistoryWriter(folder)
noteCopies(history)
const app = new Bananas({ transport: await transportFor(url) })
const worker = app.worker({
  concurrency: 10,
  lease: Number(leaseMs),
  drain: '5s',
  maxCrashes: 1000, // killed at random: no task is to blame
  onError: () => undefined,
})
worker.handle(nap, async ({ index, ms }) => {
  history.started(index)
  await sleep(ms)
  history.ended(index)
})
process.once('disconnect', () => process.exit(1)) // never outlive the test
await worker.run().catch((error: unknown) => {
  // Begun while the broker was away: the crew begins another one.
  if (QueueError.is(error) && error.retryable) process.exit(1)
  throw error
})
await app.close()
process.disconnect()
