import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const task = defineTask<string, string>('task', { retry: { limit: 1, delay: '1h', jitter: false } })

describe('a broker that keeps delays for a minute only', () => {
  it('delivers a longer one by hops, on time and without spending attempts', async () => {
    const runtime = virtualRuntime()
    const { app, worker } = testApp({
      transport: memory({ runtime, supports: { maxDelayMs: 60_000 } }),
      runtime,
    })
    let ranAt = 0
    const seen: number[] = []
    await worker()
      .handle(task, (_, { attempt }) => {
        ranAt = runtime.now()
        seen.push(attempt)
        return 'ok'
      })
      .start()
    const start = runtime.now()
    await app.enqueue(task, 'x', { delay: '5m' })
    await runtime.advance(299_000)
    expect(ranAt).toBe(0)
    await runtime.advance(10_000)
    expect(ranAt - start).toBeGreaterThanOrEqual(300_000)
    expect(seen).toEqual([1])
  })

  it('waits out a longer retry too', async () => {
    const runtime = virtualRuntime()
    const { app, worker } = testApp({
      transport: memory({ runtime, supports: { maxDelayMs: 60_000 } }),
      runtime,
    })
    const seen: number[] = []
    await worker()
      .handle(task, (_, { attempt }) => {
        seen.push(attempt)
        throw new Error('no')
      })
      .start()
    await app.enqueue(task, 'x')
    await runtime.advance(3_500_000)
    expect(seen).toEqual([1])
    await runtime.advance(200_000)
    expect(seen).toEqual([1, 2])
  })
})

describe('a broker without delays', () => {
  it('has them refused, naming broker, capability and the way out', async () => {
    const { app } = testApp({ transport: memory({ supports: { maxDelayMs: 0 } }) })
    await expect(app.enqueue(task, 'x', { delay: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/memory.*maxDelayMs.*without delay/s) as string,
    })
  })
})

describe('a broker with one priority level', () => {
  it('gets lanes: high goes first and low does not starve', async () => {
    const { app, worker } = testApp({ transport: memory({ supports: { priorityLevels: 1 } }) })
    await app.enqueueMany(
      task,
      Array.from({ length: 100 }, () => 'low'),
      { priority: 10 },
    )
    await app.enqueueMany(
      task,
      Array.from({ length: 100 }, () => 'high'),
      { priority: 90 },
    )
    const order: string[] = []
    await worker({ concurrency: 1, prefetch: false })
      .handle(task, (input) => {
        order.push(input)
        return ''
      })
      .start()
    await until('all ran', () => order.length === 200)
    const early = order.slice(0, 100)
    expect(early.filter((one) => one === 'high').length).toBeGreaterThan(70)
    expect(early).toContain('low')
    expect(await app.queues.list()).toEqual(['default'])
  })

  it('counts, shows and purges the lanes as one queue', async () => {
    const { app } = testApp({ transport: memory({ supports: { priorityLevels: 1 } }) })
    for (const priority of [0, 50, 100]) await app.enqueue(task, 'x', { priority })
    expect((await app.queues.inspect('default')).ready).toBe(3)
    expect(await app.queues.peek('default')).toHaveLength(3)
    expect(await app.queues.purge('default')).toBe(3)
    await expect(app.enqueue(task, 'x', { queue: 'jobs~high' })).rejects.toMatchObject({ code: 'INVALID' })
  })
})

describe('a result backend that cannot push', () => {
  it('is polled, with the same outcome', async () => {
    const { broker, results, channel } = memory()
    const polled = new Proxy(results!, {
      get: (target, key) =>
        key === 'watch'
          ? undefined
          : typeof target[key as 'get'] === 'function'
            ? target[key as 'get'].bind(target)
            : target[key as 'get'],
    })
    const { app, worker } = testApp({ transport: { broker, results: polled, channel } })
    const job = await app.enqueue(task, 'x')
    const waiting = job.result()
    await worker()
      .handle(task, () => 'polled')
      .start()
    expect(await waiting).toBe('polled')
  })
})
