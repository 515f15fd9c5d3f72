import { Bananas, defineTask, QueueError } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const sync = defineTask<{ account: number }, string>('account.sync')
const app = new Bananas({ transport: sqlite(':memory:') })

// Until the first has finished, a second one is answered with the first one's handle …
const first = await app.enqueue(sync, { account: 7 }, { unique: {} })
const second = await app.enqueue(sync, { account: 7 }, { unique: {} })
console.log('the same task', second.id === first.id, second.duplicate)

// … or refused.
const refused: unknown = await app
  .enqueue(sync, { account: 7 }, { unique: { mode: 'reject' } })
  .catch((error: unknown) => error)
console.log('refused', QueueError.is(refused, 'CONFLICT'))

const worker = app.worker().handle(sync, ({ account }) => `account ${account} is in sync`)
await worker.start()
console.log(await first.result({ timeout: '5s' }))

await app.close()
