import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { ChaosController } from '../../src/index.ts'

const chaos = new ChaosController({ enabled: true, expendable: true })
const app = new Bananas({ transport: memory(), plugins: [chaos.plugin] })
const task = defineTask('doomed')
chaos.arm({ kind: 'task.crash' }, { forMs: 60_000 })
const worker = app.worker().handle(task, () => 'never')
await worker.start()
await app.enqueue(task)
setTimeout(() => process.exit(0), 20_000)
