import { HELP, readOptions } from './options.ts'
import { Usage } from './usage.ts'

/*
 * The main job: every file of a folder becomes a durable task in a broker, worker processes measure them, and a last
 * task that depends on all of them gathers the report. Stop it in the middle and run it again: it carries on.
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
  const options = readOptions(process.argv.slice(2), process.stdout.isTTY)
  if (options === 'help') process.stdout.write(HELP)
  else await (await import('./run-demo.ts')).runDemo(options, stop.signal)
} catch (error) {
  const expected = error instanceof Usage || error === stop.signal.reason
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode ??= error instanceof Usage ? 2 : 1
}
process.exit()
