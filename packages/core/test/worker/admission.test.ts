import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const task = defineTask<number, string>('task', { retry: false })
const bytes = (text: string): Uint8Array => Buffer.from(text)
const message = (headers: Record<string, string>, body = bytes('1')) => ({
  id: crypto.randomUUID(),
  headers,
  body,
  priority: 50,
  delayMs: 0,
})

describe('what reaches a worker', () => {
  it.each([
    ['no task header', { 'x-other': '1' }, bytes('1')],
    ['an unknown wire version', { 'bananas-task': 'task', 'bananas-version': '99' }, bytes('1')],
    ['an attempt of -1', { 'bananas-task': 'task', 'bananas-attempt': '-1' }, bytes('1')],
    ['an attempt of 2^32', { 'bananas-task': 'task', 'bananas-attempt': String(2 ** 32) }, bytes('1')],
    ['half an attempt', { 'bananas-task': 'task', 'bananas-attempt': '1.5' }, bytes('1')],
    ['an expiry that is no time', { 'bananas-task': 'task', 'bananas-expires-at': 'tomorrow' }, bytes('1')],
    ['a body that is no JSON', { 'bananas-task': 'task' }, bytes('{"a":')],
    ['a body of foreign bytes', { 'bananas-task': 'task' }, new Uint8Array([0, 255, 254])],
    [
      'a content type nobody reads',
      { 'bananas-task': 'task', 'content-type': 'application/x-python-serialize' },
      bytes('1'),
    ],
    ['a prototype for a task name', { 'bananas-task': '__proto__' }, bytes('1')],
  ])('is dead-lettered with a reason when it has %s, and the worker lives', async (what, headers, body) => {
    const transport = memory()
    const { app, worker } = testApp({ transport })
    await worker()
      .handle(task, () => 'ok')
      .start()
    await transport.broker.publish('default', [message(headers, body)])
    if (what === 'a prototype for a task name') {
      await until(
        'it waits for a worker that knows it',
        async () => (await app.queues.inspect('default')).delayed === 1,
      )
    } else {
      await until('it is dead', async () => (await app.queues.inspect('default')).dead === 1)
      expect((await app.queues.dead('default')).letters[0]!.reason.length).toBeGreaterThan(10)
    }
    expect(await (await app.enqueue(task, 1)).result()).toBe('ok')
  })

  it('is given back, ever later, when no handler knows it, and dead-lettered in the end', async () => {
    const runtime = virtualRuntime()
    const { app, worker } = testApp({ transport: memory({ runtime }), runtime })
    await worker().start()
    await app.enqueue(task, 1)
    await runtime.advance(900)
    expect(await app.queues.inspect('default')).toMatchObject({ delayed: 1, dead: 0 })
    await runtime.advance(20 * 60_000)
    expect(await app.queues.inspect('default')).toMatchObject({ delayed: 0, dead: 1 })
    expect((await app.queues.dead('default')).letters[0]!.reason).toContain('unknown task')
  })

  it('is not given up early by a worker without a handler because it was handed back for other reasons', async () => {
    const { app, worker } = testApp()
    const headers = { 'bananas-task': 'nobody knows', 'bananas-handed-back': '25' }
    await worker().start()
    await app.broker.publish('default', [message(headers)])
    await until('it waits', async () => (await app.queues.inspect('default')).delayed === 1)
    expect((await app.queues.inspect('default')).dead).toBe(0)
  })

  it('tells whoever waits for the result when it cannot be read', async () => {
    const { app, worker } = testApp()
    await worker().start()
    const unreadable = message({ 'bananas-task': 'task', 'bananas-attempt': 'x' })
    await app.broker.publish('default', [unreadable])
    await expect(app.job(unreadable.id).result({ timeout: '5s' })).rejects.toThrow(/bananas-attempt/)
  })

  it('is not run after its expiry', async () => {
    const { app, worker } = testApp()
    const job = await app.enqueue(task, 1, { expires: 1 })
    await new Promise((resolve) => setTimeout(resolve, 10))
    let ran = false
    await worker()
      .handle(task, () => {
        ran = true
        return 'ok'
      })
      .start()
    await expect(job.result()).rejects.toThrow(/expired/)
    expect(ran).toBe(false)
  })

  it('is poison once five workers took it without a word', async () => {
    const runtime = virtualRuntime()
    const transport = memory({ runtime })
    const { app, worker } = testApp({ transport, runtime })
    const job = await app.enqueue(task, 1)
    const consumer = await transport.broker.consume('default', { leaseMs: 100, prefetch: 1 })
    for (let crash = 0; crash < 5; crash += 1) {
      expect(await consumer.receive(1)).toHaveLength(1)
      await runtime.advance(200)
    }
    let ran = false
    await worker()
      .handle(task, () => {
        ran = true
        return 'ok'
      })
      .start()
    await runtime.advance(1000)
    expect((await job.status()).state).toBe('failed')
    expect(ran).toBe(false)
    expect((await app.queues.dead('default')).letters[0]!.reason).toContain('poison')
  })
})

describe('revoking', () => {
  it('keeps a waiting task from ever starting', async () => {
    const { app, worker } = testApp()
    const job = await app.enqueue(task, 1)
    await job.revoke('changed my mind')
    let ran = false
    await worker()
      .handle(task, () => {
        ran = true
        return 'ok'
      })
      .start()
    await until('it is gone', async () => (await app.queues.inspect('default')).ready === 0)
    await expect(job.result()).rejects.toMatchObject({
      code: 'TASK_CANCELLED',
      message: expect.stringContaining('changed my mind') as string,
    })
    expect(ran).toBe(false)
  })

  it('keeps a task from starting that waited for ten days', async () => {
    const runtime = virtualRuntime()
    const { app, worker } = testApp({ transport: memory({ runtime }), runtime })
    const job = await app.enqueue(task, 1, { delay: '10d' })
    await job.revoke()
    await runtime.advance(11 * 86_400_000)
    let ran = false
    await worker()
      .handle(task, () => {
        ran = true
        return 'ok'
      })
      .start()
    await runtime.advance(2000)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, delayed: 0, leased: 0 })
    expect({ ran, ...(await job.status()) }).toMatchObject({ ran: false, state: 'cancelled' })
  })

  it('aborts a running task, whose outcome then changes nothing', async () => {
    const { app, worker } = testApp()
    let reason: unknown
    const running = worker().handle(
      task,
      (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason
            resolve('too late')
          }),
        ),
    )
    await running.start()
    const job = await app.enqueue(task, 1)
    await until('it runs', () => running.health().active === 1)
    await job.revoke()
    await expect(job.result()).rejects.toMatchObject({ code: 'TASK_CANCELLED' })
    await until('it is settled', async () => (await app.queues.inspect('default')).leased === 0)
    expect(reason).toMatchObject({ code: 'TASK_CANCELLED' })
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, dead: 0 })
  })
})
