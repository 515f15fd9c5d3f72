import { describe, expect, it } from 'vitest'
import { defineTask, QueueError } from '../../src/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const hold = defineTask<number, string>('hold', { retry: false })

function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open!: () => void
  const promise = new Promise<void>((resolve) => (open = resolve))
  return { promise, open }
}

describe('stopping a worker', () => {
  it('waits for running handlers and gives back the rest at once', async () => {
    const { app, worker } = testApp()
    const { promise, open } = gate()
    let started = 0
    const first = worker({ concurrency: 2, drain: '5s' }).handle(hold, async () => {
      started += 1
      await promise
      return 'first'
    })
    const jobs = await app.enqueueMany(hold, [1, 2, 3, 4])
    await first.start()
    await until('two run', () => started === 2)
    const stopping = first.stop()
    open()
    await stopping
    expect(await Promise.all(jobs.slice(0, 2).map((job) => job.result()))).toEqual(['first', 'first'])
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 2, leased: 0 })
    expect(first.health().status).toBe('stopped')
  })

  it('aborts what outlasts the drain and gives it back without spending an attempt', async () => {
    const { app, worker } = testApp()
    let reason: unknown
    const first = worker({ drain: 10 }).handle(
      hold,
      (_, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason)
          }),
        ),
    )
    const job = await app.enqueue(hold, 1)
    await first.start()
    await until('it runs', () => first.health().active === 1)
    await first.stop()
    expect(QueueError.is(reason, 'CLOSED')).toBe(true)
    const attempts: number[] = []
    await worker()
      .handle(hold, (_, { attempt }) => {
        attempts.push(attempt)
        return 'second'
      })
      .start()
    expect(await job.result()).toBe('second')
    expect(attempts).toEqual([1])
  })

  it('gives back tasks of handlers that ignore the abort', { timeout: 10_000 }, async () => {
    const { app, worker } = testApp()
    const first = worker({ drain: 10 }).handle(hold, () => new Promise<string>(() => {}))
    await app.enqueue(hold, 1)
    await first.start()
    await until('it runs', () => first.health().active === 1)
    await first.stop()
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 1, leased: 0 })
  })

  it('is idempotent, also before the start', async () => {
    const { worker } = testApp()
    const idle = worker()
    await Promise.all([idle.stop(), idle.stop()])
    expect(idle.health().status).toBe('stopped')
    await expect(idle.start()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('ends run() on SIGTERM', async () => {
    const { worker } = testApp()
    const running = worker({ signals: ['SIGUSR2'] })
    const run = running.run()
    await until(
      'it runs',
      () => running.health().lastReceiveMs['default'] !== undefined && running.health().status === 'idle',
    )
    process.kill(process.pid, 'SIGUSR2')
    await run
    expect(running.health().status).toBe('stopped')
  })

  it('closes everything with the application', async () => {
    const { app, worker } = testApp()
    const running = worker()
    await running.start()
    await app.close()
    expect(running.health().status).toBe('stopped')
    await expect(app.enqueue(hold, 1)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('survives close during connect and connect during close', async () => {
    const { app } = testApp()
    const opening = app.open()
    await app.close()
    await opening.catch((error: unknown) => expect(QueueError.is(error, 'CLOSED')).toBe(true))
    await expect(app.open()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('steering a worker', () => {
  it('changes concurrency while it runs', async () => {
    const { app, worker } = testApp()
    const { promise, open } = gate()
    const running = worker({ concurrency: 1, prefetch: false }).handle(hold, async () => {
      await promise
      return 'ok'
    })
    const jobs = await app.enqueueMany(
      hold,
      Array.from({ length: 10 }, (_, index) => index),
    )
    await running.start()
    await until('one runs', () => running.health().active === 1)
    running.concurrency = 4
    await until('four run', () => running.health().active === 4)
    running.concurrency = 2
    expect(running.health().active).toBe(4)
    open()
    await Promise.all(jobs.map((job) => job.result()))
    expect(() => (running.concurrency = 0)).toThrow(/at least 1/)
  })

  it('takes nothing while paused', async () => {
    const { app, worker } = testApp()
    const running = worker().handle(hold, () => 'ok')
    await running.start()
    running.pause()
    const job = await app.enqueue(hold, 1)
    expect(running.health().status).toBe('paused')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await job.status()).state).toBe('unknown')
    running.resume()
    expect(await job.result()).toBe('ok')
    expect(() => running.pause('elsewhere')).toThrow(/does not consume "elsewhere"/)
  })

  it.each([
    [{ concurrency: 0 }, /concurrency/],
    [{ concurrency: NaN }, /concurrency/],
    [{ queues: [] }, /queues is empty/],
    [{ queues: ['a', 'a'] }, /named twice/],
    [{ queues: { a: 0 } }, /weight/],
    [{ queues: ['a\nb'] }, /control character/],
    [{ lease: 5 }, /lease/],
    [{ lease: 'soon' }, /lease/],
    [{ drain: -1 }, /drain/],
    [{ maxCrashes: 0 }, /maxCrashes/],
  ])('refuses the options %j', (options, message) => {
    const { worker } = testApp()
    expect(() => worker(options as never)).toThrow(message)
  })
})

describe('several queues', () => {
  const note = defineTask<string, undefined>('note', { ignoreResult: true })

  it('are served by weight without starving any', async () => {
    const { app, worker } = testApp()
    const order: string[] = []
    const running = worker({ queues: { high: 3, low: 1 }, concurrency: 1, prefetch: false }).handle(
      note,
      (_, { queue }) => {
        order.push(queue)
        return undefined
      },
    )
    await app.enqueueMany(
      note,
      Array.from({ length: 60 }, () => 'x'),
      { queue: 'high' },
    )
    await app.enqueueMany(
      note,
      Array.from({ length: 60 }, () => 'x'),
      { queue: 'low' },
    )
    await running.start()
    await until('all ran', () => order.length === 120)
    const lowEarly = order.slice(0, 60).filter((queue) => queue === 'low').length
    expect(lowEarly).toBeGreaterThan(5)
    expect(lowEarly).toBeLessThan(35)
  })

  it('are served strictly when asked to', async () => {
    const { app, worker } = testApp()
    const order: string[] = []
    const running = worker({
      queues: ['first', 'second'],
      strict: true,
      concurrency: 1,
      prefetch: false,
    }).handle(note, (_, { queue }) => {
      order.push(queue)
      return undefined
    })
    await app.enqueueMany(
      note,
      Array.from({ length: 20 }, () => 'x'),
      { queue: 'second' },
    )
    await app.enqueueMany(
      note,
      Array.from({ length: 20 }, () => 'x'),
      { queue: 'first' },
    )
    await running.start()
    await until('all ran', () => order.length === 40)
    expect(order.slice(0, 20).every((queue) => queue === 'first')).toBe(true)
  })

  it('wake a waiting worker whichever gets work', async () => {
    const { app, worker } = testApp()
    const order: string[] = []
    await worker({ queues: ['a', 'b', 'c'] })
      .handle(note, (_, { queue }) => {
        order.push(queue)
        return undefined
      })
      .start()
    for (const queue of ['c', 'a', 'b', 'c']) {
      const before = order.length
      await app.enqueue(note, 'x', { queue })
      await until(`${queue} ran`, () => order.length > before)
    }
    expect(order).toEqual(['c', 'a', 'b', 'c'])
  })
})
