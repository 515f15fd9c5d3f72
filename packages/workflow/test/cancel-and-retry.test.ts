import { defineTask, QueueError } from '@bananasjs/core'
import type { Worker } from '@bananasjs/core'
import { describe, expect, it } from 'vitest'
import { chain, chord, dag, group, map, step } from '../src/index.ts'
import { double, echo, sum, testFlows } from './app.ts'
import { until } from '../../../tests/until.ts'

const fragile = defineTask<number, number>('fragile', { retry: false })
const slow = defineTask<unknown, string>('slow', { retry: false })

/** With a task that fails until it is mended, and one that ends when it is told to. */
function breakable() {
  const test = testFlows()
  const state = { broken: true, started: 0, told: undefined as unknown }
  const start = (more?: (worker: Worker) => void) =>
    test.work({}, (worker) => {
      more?.(worker)
      worker.handle(fragile, (n) => {
        state.started += 1
        if (state.broken && n < 100) throw new Error('broken')
        return n + 1
      })
      worker.handle(slow, async (_, { signal }) => {
        state.started += 1
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            state.told = signal.reason
            reject(signal.reason as Error)
          })
        })
        return 'never'
      })
    })
  return { ...test, state, start }
}

describe('cancelling', () => {
  it('stops what runs by its signal and never starts the rest; a second time it changes nothing', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const run = await flows.start(chain(slow, echo))
    await until('it runs', () => state.started === 1)
    expect(await run.cancel('enough')).toBe(true)
    await expect(run.result()).rejects.toMatchObject({
      code: 'TASK_CANCELLED',
      message: expect.stringContaining('enough'),
    })
    await until('the handler was told', () => QueueError.is(state.told, 'TASK_CANCELLED'))
    expect(await run.cancel()).toBe(false)
    expect(ran).toEqual([])
    expect((await run.status()).state).toBe('cancelled')
  })

  it('revokes members that have not started, and runs the callbacks for failures', async () => {
    const { flows, start, ran } = breakable()
    const late = step(echo).options({ delay: '1h' })
    const members = group([late.with('never'), slow])
    const run = await flows.start(chord(members, echo).onFailure(step(double).with(21)))
    await start()
    await until('it runs', async () => (await run.status()).nodes.some(({ state }) => state === 'sent'))
    expect(await run.cancel()).toBe(true)
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_CANCELLED' })
    await until('the callback ran', () => ran.includes('double 21'))
    expect(ran).toEqual(['double 21'])
  })

  it('of one that has ended answers false', async () => {
    const { flows, start } = breakable()
    await start()
    const run = await flows.start(double, 2)
    await run.result()
    expect(await run.cancel()).toBe(false)
    expect(await run.result()).toBe(4)
  })

  it('takes back what has compensations', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const run = await flows.start(chain(step(double).with(1).compensate(echo), slow))
    await until('it runs', () => state.started === 1)
    expect(await run.cancel()).toBe(true)
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_FAILED' })
    expect(ran).toEqual(['double 1', 'echo 2'])
  })

  it('reaches a workflow that took the place of a step', async () => {
    const { flows, start, state } = breakable()
    const becoming = defineTask<unknown, string>('becoming')
    await start((worker) =>
      worker.handle(becoming, (_, context) => flows.become(context, chain(slow, echo)) as Promise<string>),
    )
    const run = await flows.start(chain(becoming, echo))
    await until('it runs', () => state.started === 1)
    await run.cancel()
    await until('the handler was told', () => QueueError.is(state.told, 'TASK_CANCELLED'))
  })
})

describe('a timeout of a workflow', () => {
  it('ends it as failed, stops what runs and starts nothing more', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const run = await flows.start(chain(slow, echo), undefined, { timeout: 3000 })
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    await until('the handler was told', () => QueueError.is(state.told, 'TASK_CANCELLED'))
    expect(ran).toEqual([])
  })

  it('ends one that nobody began in time', async () => {
    const { flows, start, ran } = breakable()
    const run = await flows.start(chain(double, echo), 1, { timeout: 1 })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await start()
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    expect(ran).toEqual([])
  })

  it('takes back what has compensations', async () => {
    const { flows, start, ran } = breakable()
    await start()
    const run = await flows.start(chain(step(double).with(1).compensate(echo), slow), undefined, {
      timeout: 3000,
    })
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    expect(ran).toEqual(['double 1', 'echo 2'])
  })
})

describe('a retry', () => {
  it('runs what failed and what comes after, and nothing that succeeded', async () => {
    const { flows, start, state, ran, errors } = breakable()
    await start()
    const run = await flows.start(chain(double, fragile, double), 1)
    await expect(run.result()).rejects.toThrow('broken')
    state.broken = false
    await run.retry()
    expect(await run.result()).toBe(6)
    expect(ran).toEqual(['double 1', 'double 3'])
    expect(state.started).toBe(2)
    expect(await run.status()).toMatchObject({ state: 'succeeded', retries: 1 })
    expect(errors).toEqual([])
  })

  it('may fail, and be tried again', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const members = group([step(double).with(1), step(fragile).with(2), step(double).with(3)], {
      policy: 'waitForAll',
    })
    const run = await flows.start(chord(members, sum))
    for (let times = 0; times < 3; times += 1) {
      await expect(run.result()).rejects.toThrow('broken')
      await run.retry()
    }
    await expect(run.result()).rejects.toThrow('broken')
    state.broken = false
    await run.retry()
    expect(await run.result()).toBe(11)
    expect(ran.toSorted()).toEqual(['double 1', 'double 3', 'sum [2,3,6]'])
  })

  it('runs members that a failing group cancelled', async () => {
    const { flows, start, state, ran } = breakable()
    const members = group([step(fragile).with(1), step(double).with(2).options({ delay: 60 })])
    await start()
    const run = await flows.start(chord(members, sum))
    await expect(run.result()).rejects.toThrow('broken')
    state.broken = false
    await run.retry()
    expect(await run.result()).toBe(6)
    expect(ran.filter((line) => line === 'double 2')).toHaveLength(1)
  })

  it('takes other inputs, by name or id', async () => {
    const { flows, start } = breakable()
    await start()
    const run = await flows.start(chain(double, step(fragile).options({ name: 'mend' }), double), 1)
    await expect(run.result()).rejects.toThrow('broken')
    await run.retry({ inputs: { mend: 99 } })
    await expect(run.result()).rejects.toThrow('broken')
    await run.retry({ inputs: { mend: 100 } })
    expect(await run.result()).toBe(202)
  })

  it('of a graph runs only what is below the failed node', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const graph = dag(
      (flow) => {
        const a = flow.node('a', step(double).with(1))
        const bad = flow.node('bad', step(fragile).with(5), { after: [a] })
        const beside = flow.node('beside', step(double).with(2), { after: [a] })
        return flow.node('end', echo, { inputs: { bad, beside } })
      },
      { policy: 'waitForAll' },
    )
    const run = await flows.start(graph)
    await expect(run.result()).rejects.toThrow('broken')
    await until('the other branch ran', () => ran.includes('double 2'))
    state.broken = false
    await run.retry()
    expect(await run.result()).toEqual({ bad: 6, beside: 4 })
    expect(ran.filter((line) => line === 'double 1' || line === 'double 2')).toHaveLength(2)
  })

  it('calls callbacks of what runs again', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const told = step(fragile)
      .with(1)
      .onFailure(step(echo).with({ word: 'bad' }))
      .onSuccess(step(echo).with({ word: 'good' }).immutable())
    const run = await flows.start(chain(step(double).with(1).onSuccess(step(double)), told.immutable()))
    await expect(run.result()).rejects.toThrow('broken')
    await until('failure was told', () => ran.some((line) => line.includes('bad')))
    state.broken = false
    await run.retry()
    await run.result()
    await until('success was told', () => ran.some((line) => line.includes('good')))
    expect(ran.filter((line) => line === 'double 2')).toHaveLength(1)
  })

  it('of a workflow whose effects were taken back runs all of it again', async () => {
    const { flows, start, state, ran } = breakable()
    await start()
    const run = await flows.start(chain(step(double).with(1).compensate(echo), fragile))
    await expect(run.result()).rejects.toThrow('broken')
    expect(ran).toEqual(['double 1', 'echo 2'])
    state.broken = false
    await run.retry()
    expect(await run.result()).toBe(3)
    expect(ran).toEqual(['double 1', 'echo 2', 'double 1'])
  })

  it('goes into a workflow that took the place of a step', async () => {
    const { flows, start, state, ran } = breakable()
    const becoming = defineTask<number, number>('becoming')
    let became = 0
    await start((worker) =>
      worker.handle(becoming, (n, context) => {
        became += 1
        return flows.become(context, chain(double, fragile), n)
      }),
    )
    const run = await flows.start(chain(becoming, double), 2)
    await expect(run.result()).rejects.toThrow('broken')
    state.broken = false
    await run.retry()
    expect(await run.result()).toBe(10)
    expect(became).toBe(1)
    expect(ran).toEqual(['double 2', 'double 5'])
    const inner = (await run.status()).nodes[0]!.became!
    await expect(flows.run(inner).retry()).rejects.toThrow('Retry the workflow that one belongs to')
  })

  it('of a cancelled workflow starts it where it was stopped', async () => {
    const { flows, start, ran } = breakable()
    const run = await flows.start(chain(step(double).options({ delay: 50 }), double), 1)
    await run.cancel()
    await run.retry()
    await start()
    expect(await run.result()).toBe(4)
    expect(ran).toEqual(['double 1', 'double 2'])
  })

  it('is refused while the workflow runs, when it has succeeded, and for inputs of nobody', async () => {
    const { flows, start, state } = breakable()
    const running = await flows.start(double, 1)
    await expect(running.retry()).rejects.toMatchObject({ code: 'CONFLICT' })
    await start()
    await running.result()
    await expect(running.retry()).rejects.toMatchObject({ code: 'INVALID' })
    const failed = await flows.start(map(fragile, [1, 2]))
    await expect(failed.result()).rejects.toThrow('broken')
    state.broken = false
    await expect(failed.retry({ inputs: { nobody: 1 } })).rejects.toThrow('No step "nobody"')
    await expect(flows.run('never-was').retry()).rejects.toMatchObject({ code: 'INVALID' })
    await failed.retry()
    await failed.result()
    await expect(failed.retry()).rejects.toThrow('nothing to retry')
  })

  it('of two at once is one', async () => {
    const { flows, start, state } = breakable()
    await start()
    const run = await flows.start(chain(fragile, echo), 1)
    await expect(run.result()).rejects.toThrow('broken')
    state.broken = false
    const outcomes = await Promise.allSettled([run.retry(), run.retry()])
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(await run.result()).toBe(2)
    expect(state.started).toBe(2)
  })
})
