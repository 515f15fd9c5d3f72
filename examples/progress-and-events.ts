import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'

const encode = defineTask<{ video: string }, string>('video.encode')
const app = new Bananas({ transport: sqlite(':memory:') })

// Events are sent only while somebody listens; all processes on the file would be heard.
const listening = (async () => {
  for await (const event of app.events()) {
    if (event.type === 'task.progress') console.log('progress', event.progress)
    if (event.type === 'task.succeeded') return
  }
})()

const worker = app.worker({ events: 'always' }).handle(encode, async ({ video }, { progress, log }) => {
  await progress(0.5)
  log.info('half of it')
  return `${video}.webm`
})
await worker.start()

const job = await app.enqueue(encode, { video: 'holiday' })
console.log(await job.result({ timeout: '5s' }))
console.log('log', (await job.status()).logs?.[0]?.message)
await listening
await app.close()
