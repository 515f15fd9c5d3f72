import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const charge = defineTask<{ order: number }, string>('card.charge', { retry: false })
const app = new Bananas({ transport: sqlite(':memory:') })

let bankIsOpen = false
const worker = app.worker().handle(charge, ({ order }) => {
  if (!bankIsOpen) throw new Error('the bank is closed')
  return `order ${order} is paid`
})
await worker.start()

const job = await app.enqueue(charge, { order: 12 })
await job.result({ timeout: '5s' }).catch(() => {})
// The result is stored first and the task set aside right after, so that a crash in between loses neither.
while ((await app.queues.inspect('default')).dead === 0)
  await new Promise((resolve) => setTimeout(resolve, 5))
const { letters } = await app.queues.dead('default')
console.log(letters.length, letters[0]?.reason)

bankIsOpen = true
console.log('put back', await app.queues.redrive('default'))
console.log(await job.result({ timeout: '5s' }))

await app.close()
