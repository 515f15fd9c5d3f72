import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Bananas, defineTask } from '@bananasjs/core'
import type { Job } from '@bananasjs/core'
import { onTestFinished } from 'vitest'
import { memoryHeld } from '../../src/faults/strain.ts'
import type { Injection } from '../../src/index.ts'
import { stage } from '../faults/stage.ts'
import { errorOf, pause, takesLonger } from './row.ts'
import type { Place, Rows } from './row.ts'

const trial = defineTask<void, string>('trial')
const CRASHING = fileURLToPath(new URL('crashing-process.ts', import.meta.url))
const MEGABYTE = 1024 ** 2

interface Ran {
  readonly job: Job<string>
  /** The longest time that the event loop stood still since before it was sent. */
  readonly gapMs: () => number
  /** Memory that faults held while the handler ran. */
  readonly held: () => number
  /** What is to be seen shows within this, if it is there. */
  readonly patienceMs: number
}

/** An application with one task; `look` runs it and says whether it was hurt. */
function running(look: (ran: Ran) => Promise<boolean>): () => Promise<Place> {
  return async () => {
    const on = stage()
    const working = new Bananas({ transport: on.transport, plugins: [on.chaos.plugin] })
    const app = new Bananas({ transport: on.plain })
    let held = 0
    const worker = working.worker({ drain: 50, signals: [], onError: () => undefined })
    worker.handle(trial, () => {
      held = memoryHeld()
      return 'right'
    })
    onTestFinished(async () => {
      await on.chaos.calm()
      await working.close()
      await app.close()
    })
    await worker.start()
    return {
      arm: on.arm,
      async hurt(injection) {
        const gapMs = watchLoop()
        const job = await app.enqueue(trial, undefined, { retryLimit: 0 })
        const patienceMs = injection === undefined ? 400 : 3000
        const hurt = await look({ job, gapMs, held: () => held, patienceMs })
        gapMs()
        return hurt
      },
    }
  }
}

const value = ({ job }: Ran): Promise<unknown> => job.result({ timeout: '20s' })
const cause = async (ran: Ran): Promise<{ code?: string; name?: string }> =>
  (await errorOf(value(ran)))?.cause ?? {}

/** Returns what tells the longest time that the event loop stood still since then. */
function watchLoop(): () => number {
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  return () => {
    clearInterval(beat)
    return Math.max(longest, performance.now() - last)
  }
}

/** The victim is a process of its own, which says so before it dies. */
function crashing(): Place {
  let armed = false
  let bites = 0
  return {
    arm(fault, forMs): Injection {
      armed = true
      const over = setTimeout(() => (armed = false), forMs)
      return {
        fault,
        bites: () => ({ count: bites, firstAt: undefined, lastAt: undefined, victims: [] }),
        scale: () => undefined,
        prolong: () => undefined,
        async disarm() {
          clearTimeout(over)
          armed = false
        },
      }
    },
    async hurt() {
      const how = armed ? 'armed' : 'disarmed'
      const child = spawn(process.execPath, ['--no-warnings', CRASHING, how], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.stdout.on('data', (text: Buffer) => (bites += text.toString().includes('bit') ? 1 : 0))
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
      if (signal !== 'SIGKILL' && code !== 0) throw new Error(`it ended with ${code}`)
      return signal === 'SIGKILL'
    },
  }
}

export const TASK_ROWS: Rows<'task'> = {
  'task.throw': {
    fault: { kind: 'task.throw', error: { name: 'RangeError' } },
    open: running(async (ran) => (await cause(ran)).name === 'RangeError'),
  },
  'task.hang': { fault: { kind: 'task.hang' }, open: running((ran) => takesLonger(value(ran), 2000)) },
  'task.slow': {
    fault: { kind: 'task.slow', by: 3000 },
    open: running((ran) => takesLonger(value(ran), 2000)),
  },
  'task.timeout': {
    fault: { kind: 'task.timeout' },
    open: running(async (ran) => (await cause(ran)).code === 'TASK_TIMEOUT'),
  },
  'task.lose-result': {
    fault: { kind: 'task.lose-result' },
    open: running(async (ran) => (await value(ran)) === undefined || (await value(ran)) === null),
  },
  'task.wrong-result': {
    fault: { kind: 'task.wrong-result', value: 'wrong' },
    open: running(async (ran) => (await value(ran)) === 'wrong'),
  },
  'task.crash': { fault: { kind: 'task.crash' }, open: crashing },
  'task.block': {
    fault: { kind: 'task.block', for: 3000 },
    open: running(async (ran) => {
      await value(ran)
      return ran.gapMs() > 2000
    }),
  },
  'task.burn': {
    fault: { kind: 'task.burn', for: '30s' },
    open: running(async (ran) => {
      await value(ran)
      const before = process.cpuUsage()
      await pause(ran.patienceMs)
      return process.cpuUsage(before).user > 150_000
    }),
  },
  'task.leak': {
    fault: { kind: 'task.leak', bytes: 8 * MEGABYTE },
    open: running(async (ran) => {
      await value(ran)
      return memoryHeld() > 0
    }),
  },
  'task.exhaust': {
    fault: { kind: 'task.exhaust', bytes: 8 * MEGABYTE },
    open: running(async (ran) => {
      await value(ran)
      return ran.held() > 0
    }),
  },
}
