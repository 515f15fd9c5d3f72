import { Bananas } from '@bananasjs/core'
import { gatherReport } from './gather-report.ts'
import { arrive } from './join.ts'
import { measureFile } from './measure-file.ts'
import { gather, measure } from './tasks.ts'
import { openTransport } from './transport.ts'

/** One worker process: measures files, and gathers the report when the last one is in. */
const [url = '', file = '', run = '', folder = '', scratch = ''] = process.argv.slice(2)
const transport = await openTransport(url, file)
const app = new Bananas({ transport })
const join = { app, results: transport.results, run, folder, scratch }

// A short lease: what a killed worker held is measured by another one three seconds later.
const worker = app.worker({ queues: ['report', 'files'], concurrency: 16, lease: '3s', drain: '5s' })
worker.handle(measure, async (input, { signal }) => {
  const facts = await measureFile(input.folder, input.path, signal)
  await arrive(join, input.position)
  return facts
})
worker.handle(gather, (input, { signal }) => gatherReport(app, input, signal))

// The parent is gone: nobody would see the report, and the tasks keep until the next run.
process.on('disconnect', () => void worker.stop())
await worker.run()
await app.close()
if (process.connected) process.disconnect()
