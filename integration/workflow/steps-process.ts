import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas, QueueError } from '@bananasjs/core'
import { workflows } from '@bananasjs/workflow'
import { transportFor } from '../transport.ts'
import { begunWriter } from './begun.ts'
import { OP_TASKS, operate } from './ops.ts'

/** A worker process that runs steps and expects to be killed. Arguments: transport, folder, lease in ms. */
const [url = '', folder = '', leaseMs = ''] = process.argv.slice(2)
const LONGEST_MS = 20
const begun = begunWriter(folder)
const flows = workflows({ onError: () => undefined })
const app = new Bananas({ transport: await transportFor(url), plugins: [flows] })
const worker = app.worker({
  concurrency: 10,
  lease: Number(leaseMs),
  drain: '5s',
  maxCrashes: 1000, // killed at random: no task is to blame
  onError: () => undefined,
})
for (const task of OP_TASKS)
  worker.handle(task, async (input, { id, attempt }) => {
    begun(id, attempt)
    await sleep(Math.random() * LONGEST_MS)
    return operate(task, input, attempt)
  })
process.once('disconnect', () => process.exit(1)) // never outlive the test
await worker.run().catch((error: unknown) => {
  // Begun while the broker was away: the crew begins another one.
  if (QueueError.is(error) && error.retryable) process.exit(1)
  throw error
})
await app.close()
process.disconnect()
