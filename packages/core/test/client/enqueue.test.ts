import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { defineTask, QueueError } from '../../src/index.ts'
import type { EnqueueOptions, Job } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'

const task = defineTask<unknown, string>('task')

describe('enqueue', () => {
  it.each<[string, EnqueueOptions]>([
    ['a negative delay', { delay: -1 }],
    ['a NaN delay', { delay: NaN }],
    ['an endless delay', { delay: Infinity }],
    ['a delay in words', { delay: '5 fortnights' }],
    ['a delay beyond the range of dates', { delay: 8.64e15 }],
    ['a moment that is no time', { at: new Date(NaN) }],
    ['delay and moment together', { delay: 1, at: 5 }],
    ['a priority of 101', { priority: 101 }],
    ['a priority of 0.5', { priority: 0.5 }],
    ['a priority of -1', { priority: -1 }],
    ['an empty id', { id: '' }],
    ['an id of 300 bytes', { id: 'é'.repeat(150) }],
    ['an id with half a surrogate', { id: '\ud800' }],
    ['an empty queue name', { queue: '' }],
    ['a queue name of 64 kB', { queue: 'q'.repeat(65_536) }],
    ['a queue name with a NUL', { queue: 'a\u0000b' }],
    ['a queue name with a line break', { queue: 'a\r\nb' }],
    ['a header of the wire format', { headers: { 'bananas-task': 'other' } }],
    ['a header that is no string', { headers: { trace: 5 as never } }],
    ['a negative retry limit', { retryLimit: -1 }],
    ['a timeout in words', { timeout: 'soon' }],
    ['an expiry that is no time', { expires: new Date(NaN) }],
    ['a unique time in words', { unique: { key: 'k', for: 'long' } }],
  ])('refuses %s as INVALID and sends nothing', async (_, options) => {
    const { app } = testApp()
    await expect(app.enqueue(task, 1, options)).rejects.toMatchObject({ code: 'INVALID' })
    expect(await app.queues.list().then((queues) => queues.length)).toBe(0)
  })

  it.each([
    [
      'a cycle',
      (() => {
        const loop: Record<string, unknown> = {}
        loop['self'] = loop
        return loop
      })(),
    ],
    ['a BigInt', { n: 1n }],
    ['a value nested a million deep', nested(1_000_000)],
  ])('refuses %s as INVALID', async (_, input) => {
    const { app } = testApp()
    await expect(app.enqueue(task, input)).rejects.toMatchObject({ code: 'INVALID' })
  })

  it('refuses a payload above the limit of the broker, naming both', async () => {
    const { app } = testApp({ transport: memory({ supports: { maxMessageBytes: 1000 } }) })
    await expect(app.enqueue(task, 'x'.repeat(2000))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it.each([
    ['with spaces'],
    ['a/b/../c'],
    ['🍌'],
    ['n'.repeat(1000)],
    ['a:b*c>{d}'],
    ['constructor'],
    ['-leading'],
    ['e\u0301'],
  ])('runs a task named %j', async (name) => {
    const { app, worker } = testApp()
    const odd = defineTask<number, string>(name)
    await worker()
      .handle(odd, () => name)
      .start()
    expect(await (await app.enqueue(odd, 1)).result()).toBe(name)
  })

  it('carries ten megabytes', async () => {
    const { app, worker } = testApp()
    const big = defineTask<string, number>('big')
    await worker()
      .handle(big, (text) => text.length)
      .start()
    expect(await (await app.enqueue(big, 'x'.repeat(10_000_000))).result()).toBe(10_000_000)
  })

  it('keeps prototype keys keys, in payload and headers', async () => {
    const { app, worker } = testApp()
    let seen: unknown
    await worker()
      .handle(task, (input, { headers }) => {
        seen = [Object.keys(input as object), Object.keys(headers)]
        return ''
      })
      .start()
    const headers = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
    await (await app.enqueue(task, JSON.parse('{"__proto__":{"admin":true}}'), { headers })).result()
    expect(seen).toEqual([['__proto__'], expect.arrayContaining(['__proto__', 'constructor'])])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('checks the input against the schema, here and at the worker, with its transformations', async () => {
    const { app, worker } = testApp()
    const resize = defineTask('resize', {
      input: z.object({ url: z.url(), width: z.string().transform(Number) }),
      output: z.object({ bytes: z.number() }),
    })
    await worker()
      .handle(resize, ({ width }) => {
        expectTypeOf(width).toEqualTypeOf<number>()
        return { bytes: width * 2 }
      })
      .start()
    const job = await app.enqueue(resize, { url: 'https://example.com', width: '300' })
    expectTypeOf(job).toEqualTypeOf<Job<{ bytes: number }>>()
    expect(await job.result()).toEqual({ bytes: 600 })
    await expect(app.enqueue(resize, { url: 'nonsense', width: '300' })).rejects.toThrow(
      /"resize" does not match its schema: url/,
    )
    // @ts-expect-error -- the width goes in as text
    await expect(app.enqueue(resize, { url: 'https://example.com', width: 300 })).rejects.toThrow(/width/)
  })

  it('never starts early, and orders by priority', async () => {
    const { app, worker } = testApp()
    const order: unknown[] = []
    await app.enqueue(task, 'low', { priority: 10 })
    await app.enqueue(task, 'mid')
    await app.enqueue(task, 'high', { priority: 90 })
    const before = Date.now()
    const late = await app.enqueue(task, 'late', { delay: 80, priority: 0 })
    let lateAt = 0
    await worker({ concurrency: 1, prefetch: false })
      .handle(task, (input) => {
        order.push(input)
        if (input === 'late') lateAt = Date.now()
        return ''
      })
      .start()
    await late.result()
    expect(order).toEqual(['high', 'mid', 'low', 'late'])
    expect(lateAt - before).toBeGreaterThanOrEqual(79)
  })

  it('rejects with the reason of an abort', async () => {
    const { app } = testApp()
    const reason = new Error('enough')
    await expect(app.enqueue(task, 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('says what is missing when results cannot be awaited', async () => {
    const { broker } = memory()
    const { app } = testApp({ transport: { broker } })
    const job = await app.enqueue(task, 1)
    await expect(job.result()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(app.enqueue(task, 1, { unique: { key: 'k' } })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    await expect(job.revoke()).rejects.toThrow(/result backend/)
    await expect(app.control.send('ping')).rejects.toThrow(/channel/)
  })

  it('gives up waiting after the timeout while the task goes on', async () => {
    const { app } = testApp()
    const job = await app.enqueue(task, 1)
    await expect(job.result({ timeout: 20 })).rejects.toMatchObject({ code: 'RESULT_TIMEOUT' })
    const reason = new Error('left')
    const controller = new AbortController()
    const waiting = job.result({ signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})

describe('enqueueMany', () => {
  it('returns the handles in order', async () => {
    const { app, worker } = testApp()
    const double = defineTask<number, number>('double')
    await worker({ concurrency: 50 })
      .handle(double, (n) => n * 2)
      .start()
    const jobs = await app.enqueueMany(
      double,
      Array.from({ length: 2500 }, (_, index) => index),
    )
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(
      Array.from({ length: 2500 }, (_, index) => index * 2),
    )
  })

  it('takes an async iterable batch by batch', async () => {
    const { app } = testApp()
    async function* numbers(): AsyncGenerator<number> {
      for (let n = 0; n < 2500; n += 1) yield n
    }
    expect(await app.enqueueMany(task, numbers())).toBe(2500)
    expect((await app.queues.inspect('default')).ready).toBe(2500)
    expect(await app.enqueueMany(task, [])).toEqual([])
  })

  it('sends nothing when one input is invalid', async () => {
    const { app } = testApp()
    await expect(app.enqueueMany(task, [1, 2, 3n, 4])).rejects.toMatchObject({ code: 'INVALID' })
    expect((await app.queues.inspect('default')).ready).toBe(0)
  })

  it('sends the good ones when the broker refuses some, and says which', async () => {
    const { app } = testApp({ transport: memory({ supports: { maxMessageBytes: 1000 } }) })
    const error = await app.enqueueMany(task, ['a', 'x'.repeat(2000), 'b']).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('1 of 3 tasks') as string,
      cause: [{ index: 1 }],
    })
    expect((await app.queues.inspect('default')).ready).toBe(2)
  })
})

describe('defineTask', () => {
  it.each([[''], ['n'.repeat(1025)], ['\ud800'], [5 as never]])('refuses the name %j', (name) => {
    expect(() => defineTask(name)).toThrow(QueueError)
  })
})

function nested(depth: number): unknown {
  let value: unknown = null
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}
