import { Usage } from '../demo/usage.ts'
import { HELP, readOptions } from './options.ts'

/*
 * A workflow over your own files: every CSV file is extracted, transformed and validated, all in parallel, then loaded
 * into a database, then reported on. Kill it in the middle and run it again: it carries on.
 */
process.removeAllListeners('warning') // `node:sqlite` calls itself experimental on Node 22 and 24
const stop = new AbortController()
const codes = { SIGINT: 130, SIGTERM: 143 } as const
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(codes[signal])
    process.exitCode = codes[signal]
    stop.abort(new Error(`Stopped by ${signal}. Run the same command again to carry on.`))
  })
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') process.stdout.write(HELP)
  else await (await import('./run-etl.ts')).runEtl(options, stop.signal)
} catch (error) {
  const expected = error instanceof Usage || error === stop.signal.reason
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode ??= error instanceof Usage ? 2 : 1
}
process.exit()
