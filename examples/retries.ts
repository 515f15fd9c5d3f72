import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const fetchPrice = defineTask<{ item: string }, number>('price.fetch', {
  retry: { limit: 5, backoff: 'exponential', delay: '20ms', jitter: true },
})

const app = new Bananas({ transport: sqlite(':memory:') })
const worker = app.worker().handle(fetchPrice, (_, { attempt, log }) => {
  log.info(`attempt ${attempt}`)
  if (attempt < 3) throw new Error('the shop does not answer')
  return 42
})
await worker.start()

const job = await app.enqueue(fetchPrice, { item: 'bananas' })
console.log('price', await job.result({ timeout: '5s' }))
console.log('attempts', (await job.status()).attempt)

await app.close()
