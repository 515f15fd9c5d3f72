import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { ChaosController } from '../../src/index.ts'

/** Runs one task under `task.crash`, `armed` or `disarmed` again; ends with 0 when the task was done. */
const chaos = new ChaosController({ enabled: true, expendable: true })
const app = new Bananas({ transport: memory(), plugins: [chaos.plugin] })
const task = defineTask<void, string>('doomed')
const fault = chaos.arm({ kind: 'task.crash' }, { forMs: 60_000 })
chaos.lastWords = () =>
  new Promise((resolve) => process.stdout.write(`bit ${fault.bites().count}`, () => resolve()))
if (process.argv[2] === 'disarmed') await fault.disarm()
const worker = app.worker({ signals: [] }).handle(task, () => 'done')
await worker.start()
const job = await app.enqueue(task)
process.exit((await job.result({ timeout: '20s' })) === 'done' ? 0 : 1)
