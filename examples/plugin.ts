import { Bananas, defineTask } from '@bananasjs/core'
import type { Plugin } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

/** Plugins are one onion: each layer sees a task on its way in and its result on the way out. */
const timing: Plugin = {
  name: 'timing',
  async execute(context, next) {
    const startedAt = performance.now()
    try {
      return await next()
    } finally {
      console.log(`${context.task} took less than a second: ${performance.now() - startedAt < 1000}`)
    }
  },
}

const add = defineTask<{ a: number; b: number }, number>('add')
const app = new Bananas({ transport: sqlite(':memory:'), plugins: [timing] })
const worker = app.worker().handle(add, ({ a, b }) => a + b)
await worker.start()

console.log(await (await app.enqueue(add, { a: 1, b: 2 })).result({ timeout: '5s' }))
await app.close()
