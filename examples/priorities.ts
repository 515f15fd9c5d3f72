import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const print = defineTask<string, void>('print', { priority: 50 })
const app = new Bananas({ transport: sqlite(':memory:') })

const jobs = [
  await app.enqueue(print, 'the newsletter', { priority: 10 }),
  await app.enqueue(print, 'the report'),
  await app.enqueue(print, 'the invoice', { priority: 90 }),
]

// One at a time, so that the order can be seen.
const worker = app.worker({ concurrency: 1, prefetch: false }).handle(print, (what) => console.log(what))
await worker.start()
await Promise.all(jobs.map((job) => job.result({ timeout: '5s' })))

await app.close()
