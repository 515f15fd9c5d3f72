import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { defineTask, QueueError } from '../../src/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const add = defineTask<{ a: number; b: number }, number>('add', { retry: false })
const quick = { retry: { limit: 2, delay: 1, jitter: false } } as const

describe('a worker', () => {
  it('runs a task and hands its result to whoever waits', async () => {
    const { app, worker } = testApp()
    await worker()
      .handle(add, ({ a, b }) => a + b)
      .start()
    const job = await app.enqueue(add, { a: 1, b: 2 })
    expect(await job.result()).toBe(3)
    expect(await job.status()).toMatchObject({ state: 'succeeded', task: 'add', attempt: 1 })
  })

  it('wakes a result that was awaited before the task ran', async () => {
    const { app, worker } = testApp()
    const job = await app.enqueue(add, { a: 2, b: 2 })
    const waiting = job.result()
    await worker()
      .handle(add, ({ a, b }) => a + b)
      .start()
    expect(await waiting).toBe(4)
  })

  it('retries with the original body and counts attempts', async () => {
    const { app, worker } = testApp()
    const flaky = defineTask<{ n: number }, string>('flaky', quick)
    const seen: unknown[] = []
    await worker()
      .handle(flaky, (input, { attempt, deliveries }) => {
        seen.push([input, attempt, deliveries])
        if (attempt < 3) throw new Error('not yet')
        return 'done'
      })
      .start()
    expect(await (await app.enqueue(flaky, { n: 1 })).result()).toBe('done')
    expect(seen).toEqual([
      [{ n: 1 }, 1, 1],
      [{ n: 1 }, 2, 2],
      [{ n: 1 }, 3, 3],
    ])
  })

  it('dead-letters after the last attempt, with the whole error chain, and tells who waits', async () => {
    const { app, worker } = testApp()
    const doomed = defineTask<string>('doomed', quick)
    await worker()
      .handle(doomed, () => {
        throw new TypeError('outer', { cause: new RangeError('inner') })
      })
      .start()
    const error = await (await app.enqueue(doomed, 'x')).result().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      cause: { name: 'TypeError', message: 'outer', cause: { message: 'inner' } },
    })
    await until('the letter is there', async () => (await app.queues.inspect('default')).dead === 1)
    const { letters } = await app.queues.dead('default')
    expect(letters[0]?.reason).toBe('failed after 3 attempts: TypeError: outer')
    expect(JSON.parse(letters[0]!.message.headers['bananas-error']!)).toMatchObject({
      message: 'outer',
      cause: { message: 'inner' },
    })
  })

  it('runs a redriven letter as a fresh task whose result can be awaited', async () => {
    const { app, worker } = testApp()
    const doomed = defineTask<string, string>('doomed', { retry: false })
    let broken = true
    const attempts: number[] = []
    await worker()
      .handle(doomed, (_, { attempt }) => {
        attempts.push(attempt)
        if (broken) throw new Error('broken')
        return 'mended'
      })
      .start()
    const job = await app.enqueue(doomed, 'x')
    await expect(job.result()).rejects.toThrow('broken')
    await until('the letter is there', async () => (await app.queues.inspect('default')).dead === 1)
    broken = false
    expect(await app.queues.redrive('default')).toBe(1)
    expect(await job.result()).toBe('mended')
    expect(attempts).toEqual([1, 1])
  })

  it.each([
    ['a string', 'plain'],
    ['undefined', undefined],
    ['a frozen error', Object.freeze(new Error('cold'))],
    [
      'an error whose message throws',
      {
        get message(): string {
          throw new Error('gotcha')
        },
      },
    ],
  ])('survives a handler that throws %s', async (_, thrown) => {
    const { app, worker } = testApp()
    await worker()
      .handle(add, () => {
        throw thrown
      })
      .start()
    await expect((await app.enqueue(add, { a: 1, b: 1 })).result()).rejects.toMatchObject({
      code: 'TASK_FAILED',
    })
    const ok = defineTask<undefined, string>('ok')
    await worker({ queues: ['other'] })
      .handle(ok, () => 'alive')
      .start()
    expect(await (await app.enqueue(ok, undefined, { queue: 'other' })).result()).toBe('alive')
  })

  it.each([
    ['a BigInt', 10n],
    ['a function', () => 1],
    [
      'a cycle',
      (() => {
        const loop: Record<string, unknown> = {}
        loop['self'] = loop
        return loop
      })(),
    ],
  ])('fails a task that returns %s, once, saying why', async (_, value) => {
    const { app, worker } = testApp()
    let runs = 0
    const odd = defineTask<undefined, unknown>('odd')
    await worker()
      .handle(odd, () => {
        runs += 1
        return value
      })
      .start()
    await expect((await app.enqueue(odd)).result()).rejects.toThrow(/cannot be written as JSON/)
    expect(runs).toBe(1)
  })

  it('obeys retry, postpone and discard', async () => {
    const { app, worker } = testApp()
    const steered = defineTask<string, string>('steered', { retry: { limit: 3, delay: 1 } })
    const seen: [string, number][] = []
    await worker()
      .handle(steered, (what, context) => {
        seen.push([what, context.attempt])
        const again = seen.filter(([one]) => one === what).length > 1
        if (what === 'retry' && !again) return context.retry({ delay: 1 })
        if (what === 'postpone' && !again) return context.postpone(1)
        if (what === 'discard') return context.discard('not wanted')
        return what
      })
      .start()
    expect(await (await app.enqueue(steered, 'retry')).result()).toBe('retry')
    expect(await (await app.enqueue(steered, 'postpone')).result()).toBe('postpone')
    await expect((await app.enqueue(steered, 'discard')).result()).rejects.toThrow('not wanted')
    expect(seen).toEqual([
      ['retry', 1],
      ['retry', 2],
      ['postpone', 1],
      ['postpone', 1],
      ['discard', 1],
    ])
  })

  it('aborts the signal at the time limit and counts the attempt as failed', async () => {
    const { app, worker } = testApp()
    const slow = defineTask<undefined, string>('slow', { timeout: 20, retry: false })
    let reason: unknown
    await worker()
      .handle(
        slow,
        (_, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              reason = signal.reason
              reject(signal.reason)
            }),
          ),
      )
      .start()
    await expect((await app.enqueue(slow)).result()).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    expect(QueueError.is(reason, 'TASK_TIMEOUT')).toBe(true)
  })

  it('hands out a context that may be taken apart', async () => {
    const { app, worker } = testApp()
    const again = defineTask<undefined, string>('again', { retry: { limit: 1, delay: 0 } })
    await worker()
      .handle(again, async (_, { progress, retry, attempt, log: { info } }) => {
        await progress(0.5)
        info('seen')
        return attempt === 1 ? retry({ delay: 0 }) : 'done'
      })
      .start()
    const job = await app.enqueue(again)
    expect(await job.result()).toBe('done')
    expect((await job.status()).logs?.[0]?.message).toBe('seen')
  })

  it('reads as a timeout whatever a handler throws once its time is over', async () => {
    const { app, worker } = testApp()
    const slow = defineTask('slow', { timeout: 20, retry: false })
    await worker()
      .handle(slow, (_, { signal }) => sleep(10_000, undefined, { signal }))
      .start()
    const error: unknown = await (await app.enqueue(slow)).result().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TASK_TIMEOUT' })
  })

  it('gives up a handler that ignores its signal, and works on', { timeout: 15_000 }, async () => {
    const { app, worker } = testApp()
    const deaf = defineTask<undefined, string>('deaf', { timeout: 10, retry: false })
    const running = worker({ concurrency: 1 })
      .handle(deaf, () => new Promise<string>(() => {}))
      .handle(add, ({ a, b }) => a + b)
    await running.start()
    await expect((await app.enqueue(deaf)).result({ timeout: '10s' })).rejects.toMatchObject({
      code: 'TASK_TIMEOUT',
    })
    expect(running.health().zombies).toBe(1)
    expect(await (await app.enqueue(add, { a: 1, b: 1 })).result()).toBe(2)
  })

  it('keeps progress and log lines with the task', async () => {
    const { app, worker } = testApp()
    const reported = defineTask<undefined, string>('reported')
    let proceed!: () => void
    const gate = new Promise<void>((resolve) => (proceed = resolve))
    await worker()
      .handle(reported, async (_, context) => {
        context.log.info('halfway there')
        await context.progress(0.5, 'half')
        await gate
        return 'ok'
      })
      .start()
    const job = await app.enqueue(reported)
    await until('progress shows', async () => (await job.status()).progress === 0.5)
    expect(await job.status()).toMatchObject({ state: 'running', note: 'half' })
    proceed()
    expect(await job.result()).toBe('ok')
    expect((await job.status()).logs).toMatchObject([{ level: 'info', message: 'halfway there' }])
  })

  it('refuses two handlers for one name', () => {
    const { worker } = testApp()
    expect(() =>
      worker()
        .handle(add, () => 1)
        .handle(add, () => 2),
    ).toThrow(/"add" has a handler/)
  })

  it('stores nothing of a task that ignores its result', async () => {
    const { app, worker } = testApp()
    let ran = false
    await worker()
      .handle(add, () => {
        ran = true
        return 1
      })
      .start()
    const job = await app.enqueue(add, { a: 1, b: 1 }, { ignoreResult: true })
    await until('it ran', () => ran)
    await until('it is settled', async () => (await app.queues.inspect('default')).leased === 0)
    expect((await job.status()).state).toBe('unknown')
  })
})
