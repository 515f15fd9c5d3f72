import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { EnqueueOptions } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { trial } from './trial.ts'
import type { Trial } from './trial.ts'

const DAY_MS = 86_400_000
const LIMIT = 2 ** 31
const task = defineTask<number, string>('task', {
  retry: { limit: 1, delay: '30d', maxDelay: '60d', jitter: false },
})

/** On virtual time, all of it. */
function virtual(supports = {}): Trial & { readonly advance: (ms: number) => Promise<void> } {
  const runtime = virtualRuntime()
  return {
    ...trial({ transport: memory({ runtime, supports }), runtime }),
    advance: (ms) => runtime.advance(ms),
  }
}

describe('a delay', () => {
  it.each<[string, EnqueueOptions, number]>([
    ['of 2^31 - 1 ms', { delay: LIMIT - 1 }, LIMIT - 1],
    ['of 2^31 ms', { delay: LIMIT }, LIMIT],
    ['of 2^32 ms', { delay: 2 ** 32 }, 2 ** 32],
    ['of 30 days', { delay: '30d' }, 30 * DAY_MS],
    ['of ten years', { delay: '520w' }, 3640 * DAY_MS],
    ['until a moment in 30 days', { at: new Date(1_700_000_000_000 + 30 * DAY_MS) }, 30 * DAY_MS],
  ])('%s is kept to the end', async (_, options, ms) => {
    const { app, running, advance } = virtual()
    const job = await app.enqueue(task, 1, options)
    await advance(ms - 1)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, delayed: 1 })
    await advance(1)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 1, delayed: 0 })
    await running.handle(task, () => 'ran').start()
    await advance(100)
    expect((await job.status()).state).toBe('succeeded')
  })

  it('longer than the broker keeps comes out early and is put off again without being run', async () => {
    const { app, running, advance } = virtual({ maxDelayMs: DAY_MS })
    let ran = false
    running.handle(task, () => String((ran = true)))
    await app.enqueue(task, 1, { delay: '30d' })
    await advance(DAY_MS)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 1, delayed: 0 })
    await running.start()
    await advance(100)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, delayed: 1, leased: 0 })
    expect(ran).toBe(false)
  })

  it.each<[string, EnqueueOptions]>([
    ['of 0', { delay: 0 }],
    ['of a moment gone by', { at: 0 }],
    ['of a moment long before the first date', { at: -8.64e15 }],
    ['of a fraction of a millisecond', { delay: 1e-9 }],
  ])('%s runs at once', async (_, options) => {
    const { app, running } = trial()
    await running.handle(task, () => 'ran').start()
    expect(await (await app.enqueue(task, 1, options)).result({ timeout: '10s' })).toBe('ran')
  })

  it('between retries of 30 days is kept, too', async () => {
    const { app, worker, advance } = virtual()
    const runs: number[] = []
    const start = async (): Promise<void> => {
      const running = worker().handle(task, (_, { attempt }) => {
        runs.push(attempt)
        throw new Error('again')
      })
      await running.start()
      await advance(100)
      const stopped = running.stop()
      await advance(100)
      await stopped
    }
    await app.enqueue(task, 1)
    await start()
    await advance(29 * DAY_MS)
    expect({ runs, ...(await app.queues.inspect('default')) }).toMatchObject({
      runs: [1],
      ready: 0,
      delayed: 1,
    })
    await advance(DAY_MS)
    await start()
    expect({ runs, ...(await app.queues.inspect('default')) }).toMatchObject({
      runs: [1, 2],
      delayed: 0,
      dead: 1,
    })
  })

  it.each<[string, number]>([
    ['of 2^31 ms', LIMIT],
    ['of 30 days', 30 * DAY_MS],
    ['to the end of all dates', 8.64e15],
  ])('%s on the real clock does not overflow a timer', async (_, ms) => {
    let fired = false
    const timer = systemRuntime.setTimer(() => (fired = true), ms)
    const { app, running, expectAlive } = trial({}, { lease: '30d', drain: '30d' })
    await running.handle(task, () => 'ran').start()
    const job = await app.enqueue(task, 1, { delay: Math.min(ms, 1e14), timeout: '60d' })
    await expectAlive()
    expect((await job.status()).state).toBe('unknown')
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, delayed: 1, leased: 0 })
    expect(fired).toBe(false)
    timer.cancel()
  })
})

describe('a limit', () => {
  it('of 30 days on handler and result does not end them at once', async () => {
    const { app, running } = trial()
    const slow = defineTask<undefined, string>('slow', { timeout: '30d' })
    await running
      .handle(
        slow,
        (_, { signal }) => new Promise((resolve) => setTimeout(() => resolve(String(signal.aborted)), 20)),
      )
      .start()
    expect(await (await app.enqueue(slow)).result({ timeout: '60d' })).toBe('false')
  })

  it('that expires before the task may start ends it unrun', async () => {
    const { app, running, advance } = virtual()
    let ran = false
    await running.handle(task, () => String((ran = true))).start()
    const job = await app.enqueue(task, 1, { delay: '2h', expires: '1h' })
    await advance(3 * 3_600_000)
    expect({ ran, state: (await job.status()).state }).toEqual({ ran: false, state: 'expired' })
  })
})
