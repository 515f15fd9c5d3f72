import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

// A task is declared once; producers and workers share the declaration.
const greet = defineTask<{ name: string }, string>('greet')

const app = new Bananas({ transport: sqlite(':memory:') })
const worker = app.worker().handle(greet, ({ name }) => `Hello ${name}`)
await worker.start()

const job = await app.enqueue(greet, { name: 'Ada' })
console.log(await job.result({ timeout: '5s' }))

await app.close()
