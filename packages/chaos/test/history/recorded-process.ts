import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'
import { historyFile, recordHistory, recordStop } from '../../src/index.ts'

/** A worker process whose history is recorded, until it is asked to stop, or killed. */
const [file, folder] = process.argv.slice(2)
const history = historyFile({ folder: folder! })
const recorder = recordHistory(history)
const work = defineTask<{ fails: boolean }, string>('work', { retry: { limit: 2, delay: 20 } })
const app = new Bananas({ transport: recorder.transport(sqlite(file)), plugins: [recorder.plugin] })
const worker = app.worker({ concurrency: 5, lease: 500, signals: [] })
worker.handle(work, async ({ fails }, { attempt }) => {
  await new Promise((resolve) => setTimeout(resolve, 5))
  if (fails && attempt < 3) throw new Error('again')
  return 'done'
})
process.once('SIGTERM', () => {
  void recordStop(history, () => app.close()).then(() => process.exit(0))
})
await worker.start()
process.send!({ by: history.path })
