import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas } from '@bananasjs/core'
import { transportFor } from '../transport.ts'
import { judge, now, readHistory } from './history.ts'
import type { Verdict } from './history.ts'
import { nap } from './kill-worker.ts'

export interface KillTest {
  readonly url: string
  readonly tasks: number
  readonly workers: number
  readonly killEveryMs: number
  readonly leaseMs: number
}

export interface KillReport extends Verdict {
  readonly kills: number
  readonly remaining: number
}

/**
 * Worker processes run naps of 0 to 50 ms while one of them, drawn at random, is SIGKILLed again and again and
 * replaced. Ends when the broker is empty, then reads what the workers wrote down.
 */
export async function runKillTest(test: KillTest): Promise<KillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'bananas-kill-'))
  await using app = new Bananas({ transport: await transportFor(test.url) })
  const fleet = new Fleet(test, folder)
  try {
    await app.enqueueMany(
      nap,
      Array.from({ length: test.tasks }, (_, index) => ({ index, ms: Math.floor(Math.random() * 51) })),
    )
    fleet.start()
    await drain(app, fleet, test.killEveryMs)
    await fleet.stop()
    const { ready, delayed, leased, dead } = await app.queues.inspect('default')
    const verdict = judge(readHistory(folder), test.tasks, fleet.deaths)
    return { ...verdict, kills: fleet.deaths.size, remaining: ready + delayed + leased + dead }
  } finally {
    await fleet.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function drain(app: Bananas, fleet: Fleet, killEveryMs: number): Promise<void> {
  for (;;) {
    await sleep(killEveryMs)
    const { ready, delayed, leased } = await app.queues.inspect('default')
    if (ready + delayed + leased === 0) return
    // The last ones are left in peace, or the tail would be killed for ever.
    if (ready > 100) fleet.killOne()
  }
}

class Fleet {
  readonly deaths = new Map<string, bigint>()
  readonly #test: KillTest
  readonly #folder: string
  readonly #live = new Set<ChildProcess>()
  #stopping = false

  constructor(test: KillTest, folder: string) {
    this.#test = test
    this.#folder = folder
  }

  start(): void {
    while (this.#live.size < this.#test.workers) this.#spawn()
  }

  killOne(): void {
    const all = [...this.#live]
    const victim = all[Math.floor(Math.random() * all.length)]!
    victim.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(
      [...this.#live].map(async (child) => {
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        await gone
      }),
    )
  }

  #spawn(): void {
    const { url, leaseMs } = this.#test
    const child = fork(join(import.meta.dirname, 'kill-worker.ts'), [url, this.#folder, String(leaseMs)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#live.add(child)
    child.once('exit', (_code, signal) => {
      this.#live.delete(child)
      if (signal === 'SIGKILL') this.deaths.set(String(child.pid), now())
      if (!this.#stopping) this.#spawn()
    })
  }
}
