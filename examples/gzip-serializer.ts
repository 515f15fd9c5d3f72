import { gunzipSync, gzipSync } from 'node:zlib'
import { Bananas, defineTask, jsonSerializer } from '@bananasjs/core'
import type { Serializer } from '@bananasjs/core/contract'
import { sqlite } from '@bananasjs/sqlite'

/** A serializer around a serializer; encryption would look the same. */
const gzipJson: Serializer = {
  contentType: 'application/json+gzip',
  encode: (value) => gzipSync(jsonSerializer.encode(value)),
  decode: (bytes) => jsonSerializer.decode(gunzipSync(bytes)),
}

const count = defineTask<{ text: string }, number>('words.count')
const app = new Bananas({ transport: sqlite(':memory:'), serializer: gzipJson })
const text = 'banana '.repeat(1000)

const job = await app.enqueue(count, { text })
const [message] = await app.queues.peek('default')
console.log(
  `${text.length} characters travel as ${message!.body.length < 100 ? 'less than 100' : 'many'} bytes`,
)

const worker = app.worker().handle(count, (input) => input.text.trim().split(' ').length)
await worker.start()
console.log(await job.result({ timeout: '5s' }))

await app.close()
