import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas, defineTask } from '@bananasjs/core'
import { transportFor } from '../transport.ts'
import { HistoryWriter } from './history.ts'

/** A worker process that expects to be killed. Arguments: transport, folder of histories, lease in ms. */
export const nap = defineTask<{ index: number; ms: number }>('nap', { ignoreResult: true })

if (import.meta.main) {
  const [url, folder, leaseMs] = process.argv.slice(2)
  const history = new HistoryWriter(folder!)
  const app = new Bananas({ transport: await transportFor(url!) })
  const worker = app.worker({ concurrency: 10, lease: Number(leaseMs) })
  worker.handle(nap, async ({ index, ms }) => {
    history.started(index)
    await sleep(ms)
    history.ended(index)
  })
  process.once('disconnect', () => process.exit(1)) // never outlive the test
  await worker.run()
  await app.close()
  process.disconnect()
}
