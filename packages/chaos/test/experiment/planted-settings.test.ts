import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { localStage, runExperiment } from '../../src/index.ts'
import type { LocalStageOptions, OwnWork, Report } from '../../src/index.ts'

const task = defineTask<number, number>('own', { retry: { limit: 3, delay: 20, maxDelay: 50 } })

function own(handler: (n: number) => Promise<number>): OwnWork {
  return { task, input: (n) => n, register: (worker) => void worker.handle(task, handler) }
}

async function reportOf(options: Partial<LocalStageOptions>): Promise<Report> {
  const store = memoryStore()
  const stage = await localStage({ transport: () => memory({ store }), ...options })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  return runExperiment(
    {
      title: 'a setting on trial',
      steady: [],
      load: { shape: 'constant', rate: 40, task: task.name },
      phases: { warmUp: 0, inject: 2000, recovery: 500, drain: '20s' },
      method: [{ kind: 'task.slow', by: 1, rate: 0.2 }],
    },
    { stage, enabled: true, env: {}, signals: [] },
  )
}

const violated = ({ invariants }: Report): readonly string[] =>
  invariants.filter(({ outcome }) => outcome === 'violated').map(({ id }) => id)

/** Nothing else runs in this thread meanwhile: no lease is prolonged. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('settings that are wrong', { timeout: 60_000 }, () => {
  const blocking = own(async (n) => {
    if (n % 10 === 0) {
      block(400)
      await sleep(100)
    }
    return n
  })

  it('a lease shorter than what a handler blocks: tasks run again, the report says so and what to change', async () => {
    const report = await reportOf({ own: blocking, worker: { lease: 100, leaseThread: false } })
    expect(violated(report)).toEqual(expect.arrayContaining(['I6']))
    expect(report.verdict).toBe('deviated')
    expect(report.hints.join()).toContain('the worker lease is too short')
  })

  it('a lease that is long enough for the same handlers raises no alarm', async () => {
    const report = await reportOf({ own: blocking, worker: { lease: 5000, leaseThread: false } })
    expect(violated(report)).toEqual([])
    expect(report.verdict).toBe('held')
  })

  it('too few retries: tasks end as dead letters, the report says so and what to change', async () => {
    const failing = own((n) => (n % 10 === 0 ? Promise.reject(new Error('always')) : Promise.resolve(n)))
    const report = await reportOf({ own: failing })
    expect(report.groups.fault.dead).toBeGreaterThan(3)
    expect(violated(report)).toEqual([])
    expect(report.hints.join()).toContain('raise retry.limit')
  })
})
