import { Bananas, defineTask, QueueError } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const remind = defineTask<string, string>('remind')
const app = new Bananas({ transport: sqlite(':memory:') })

const sentAt = performance.now()
const later = await app.enqueue(remind, 'tea is ready', { delay: '200ms' })
const tooLate = await app.enqueue(remind, 'breaking news', { expires: '1ms' })
await new Promise((resolve) => setTimeout(resolve, 20))

const worker = app.worker().handle(remind, (text) => text)
await worker.start()

console.log(await later.result({ timeout: '5s' }), performance.now() - sentAt >= 200)
const outcome: unknown = await tooLate.result({ timeout: '5s' }).catch((error: unknown) => error)
console.log('expired unread', QueueError.is(outcome), (await tooLate.status()).state)

await app.close()
