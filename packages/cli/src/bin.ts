#!/usr/bin/env node
import { quietWarnings } from './program/quiet-warnings.ts'
import { main } from './program/main.ts'

quietWarnings(process.argv)
// Whoever reads may stop reading: `bananas events | head`. A command under way hears of it like of any other signal.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(1)
    if (!process.emit('SIGPIPE', 'SIGPIPE')) process.exit(0)
  })
}
const code = await main(process.argv)
// A config file may hold timers and connections of its own; written output must leave all the same.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
