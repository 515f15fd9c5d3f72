import { expect } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { BananasOptions, Worker, WorkerOptions } from '../../src/index.ts'
import { testApp } from '../app.ts'
import type { TestApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const probe = defineTask<number, number>('probe')

export interface Trial extends TestApp {
  /** Of the queue `default`; answers `probe`. Not started. */
  readonly running: Worker
  /** The worker runs another task, and nothing is left leased, waiting or zombie in the queue. */
  readonly expectAlive: () => Promise<void>
  /** Waits for the first dead letter. Returns its reason. */
  readonly deathOf: (id: string) => Promise<string>
}

/** An application and a worker for one bad input, and the proof that the worker outlives it. */
export function trial(options: Partial<BananasOptions> = {}, workerOptions: WorkerOptions = {}): Trial {
  const parts = testApp(options)
  const { app } = parts
  const running = parts.worker(workerOptions).handle(probe, (n) => n + 1)
  return {
    ...parts,
    running,
    async expectAlive() {
      expect(await (await app.enqueue(probe, 1)).result({ timeout: '10s' })).toBe(2)
      await until('nothing is held', async () => {
        const { ready, leased = 0 } = await app.queues.inspect('default')
        return ready + leased === 0 && running.health().active === 0
      })
    },
    async deathOf(id) {
      let reason: string | undefined
      await until(`${id} is dead`, async () => {
        const { letters } = await app.queues.dead('default')
        reason = letters.find(({ message }) => message.id === id)?.reason
        return reason !== undefined
      })
      return reason!
    },
  }
}
