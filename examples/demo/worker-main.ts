import { Bananas } from '@bananasjs/core'
import { workflows } from '@bananasjs/workflow'
import { gatherReport } from './gather-report.ts'
import { measureFile } from './measure-file.ts'
import { gather, measure } from './tasks.ts'
import { openTransport } from './transport.ts'

/** One worker process: measures files, and gathers the report when the last one is in. */
const [url = '', file = ''] = process.argv.slice(2)
const flows = workflows()
const app = new Bananas({ transport: await openTransport(url, file), plugins: [flows] })

// A short lease: what a killed worker held is measured by another one three seconds later.
const worker = app.worker({ queues: ['report', 'files'], concurrency: 16, lease: '3s', drain: '5s' })
worker.handle(measure, ({ folder, path }, { signal }) => measureFile(folder, path, signal))
worker.handle(gather, (input, { signal }) => gatherReport(flows, input, signal))

// The parent is gone: nobody would see the report, and the tasks keep until the next run.
process.on('disconnect', () => void worker.stop())
await worker.run()
await app.close()
if (process.connected) process.disconnect()
