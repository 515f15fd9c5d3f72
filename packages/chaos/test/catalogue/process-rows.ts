import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { Crew } from '../../src/index.ts'
import { pause, seen } from './row.ts'
import type { Place, Rows } from './row.ts'

const IDLE = fileURLToPath(new URL('../process/idle-process.ts', import.meta.url))
/** Whoever was hit before the fault ended has died by then. */
const AFTERMATH_MS = 2000

/** Two processes; one is hurt when it stands still or has died. */
function crew(hurts: 'dies' | 'stops'): () => Place {
  return () => {
    let deaths = 0
    const made = new Crew({
      size: 2,
      spawn: () =>
        spawn(process.execPath, ['--no-warnings', IDLE], { stdio: ['ignore', 'ignore', 'inherit'] }),
      onExit: () => (deaths += 1),
    }).start()
    onTestFinished(() => made.close(2000))
    return {
      arm: (fault, forMs) => made.arm(fault, { forMs }),
      async hurt(injection) {
        if (hurts === 'stops') return seen(injection, () => made.children.some(({ pid }) => isStopped(pid!)))
        if (injection === undefined) await pause(AFTERMATH_MS)
        const before = deaths
        return seen(injection, () => deaths > before)
      },
    }
  }
}

function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.startsWith('T')
}

export const PROCESS_ROWS: Rows<'process'> = {
  'process.kill': { fault: { kind: 'process.kill', schedule: { every: 100 } }, open: crew('dies') },
  'process.stop': { fault: { kind: 'process.stop', resumeAfter: '1h' }, open: crew('stops') },
  'process.term': { fault: { kind: 'process.term', schedule: { every: 100 } }, open: crew('dies') },
}
