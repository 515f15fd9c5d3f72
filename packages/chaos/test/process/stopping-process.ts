import { spawn } from 'node:child_process'
import { Crew } from '../../src/index.ts'

/** A controller that stops a process and is then killed itself. Argument: what to run. */
const crew = new Crew({
  size: 1,
  spawn: () =>
    spawn(process.execPath, ['--no-warnings', process.argv[2]!], { stdio: 'ignore', detached: true }),
}).start()
crew.arm({ kind: 'process.stop', resumeAfter: 5000 }, { forMs: 60_000 })
process.stdout.write(String(crew.children[0]!.pid))
setInterval(() => undefined, 1000)
