import { Bananas } from '@bananasjs/core'
import type { Directive, TaskContext } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'
import { workflows } from '@bananasjs/workflow'
import { BadFile } from './csv/bad-file.ts'
import { extractFile } from './steps/extract-file.ts'
import { loadFiles } from './steps/load-files.ts'
import { reportOn } from './steps/report-on.ts'
import { transformFile } from './steps/transform-file.ts'
import { validateFile } from './steps/validate-file.ts'
import { extract, load, report, transform, validate } from './tasks.ts'

/** One worker process: does whichever step is next. */
const [file = ''] = process.argv.slice(2)
const app = new Bananas({ transport: sqlite(file), plugins: [workflows()] })

// A short lease: what a killed worker held is done by another one three seconds later.
const worker = app.worker({ concurrency: 4, lease: '3s', drain: '5s' })
worker.handle(extract, (origin, context) => unlessBad(context, () => extractFile(origin, context.signal)))
worker.handle(transform, (one, { signal }) => transformFile(one, signal))
worker.handle(validate, (one, { signal }) => validateFile(one, signal))
worker.handle(load, (input, { signal }) => loadFiles(input, signal))
worker.handle(report, ({ loaded }) => reportOn(loaded))

// The parent is gone: nobody would see the report, and the steps keep until the next run.
process.on('disconnect', () => void worker.stop())
await worker.run()
await app.close()
if (process.connected) process.disconnect()

/** A file that cannot be read will not be readable the next time either. */
async function unlessBad<T>(context: TaskContext, read: () => Promise<T>): Promise<T | Directive> {
  try {
    return await read()
  } catch (error) {
    const { code, syscall } = error as { code?: string; syscall?: string }
    if (error instanceof BadFile) return context.discard(error.message)
    if (code !== undefined && syscall === 'open') return context.discard((error as Error).message)
    throw error
  }
}
