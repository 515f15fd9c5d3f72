import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask, QueueError } from '../../src/index.ts'
import type { StandardSchema, TaskContext } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { until } from '../../../../tests/until.ts'
import { refusal } from './refusal.ts'
import { trial } from './trial.ts'

const NO = (): never => {
  throw new Error('gotcha')
}
const refuseAll = { get: NO, has: NO, ownKeys: NO, getPrototypeOf: NO, getOwnPropertyDescriptor: NO }
// oxlint-disable-next-line unicorn/no-thenable -- a thenable that never calls back is the point
const THEN: string = 'then'
const once = defineTask<unknown, unknown>('once', { retry: false })

describe('a handler that throws', () => {
  // Strings, undefined, frozen errors and throwing messages: test/worker/run.test.ts.
  it.each<[string, () => unknown, RegExp]>([
    ['null', () => null, /threw null/],
    ['NaN', () => NaN, /threw NaN/],
    ['a BigInt', () => 10n, /threw 10/],
    ['a symbol', () => Symbol('odd'), /threw Symbol\(odd\)/],
    ['a function', () => () => 1, /A handler threw/],
    ['a function whose toString throws', () => Object.assign(() => 1, { toString: NO }), /A handler threw/],
    ['an object without prototype', () => Object.create(null) as object, /failed/],
    ['a proxy that refuses everything', () => new Proxy({}, refuseAll), /failed/],
    ['a proxy of an error that refuses everything', () => new Proxy(new Error('x'), refuseAll), /failed/],
    ['a proxy that was revoked', revokedProxy, /failed/],
    [
      'a class',
      () =>
        class Odd {
          x = 1
        },
      /A handler threw/,
    ],
    ['an error that is its own cause', cyclicError, /loop/],
    ['an error with fifty causes', () => causes(50), /level 49/],
    ['an error with ten megabytes of message', () => new Error('x'.repeat(10_000_000)), /x{1000}…/],
    ['an error with ten megabytes of stack and name', hugeError, /huge/],
    ['an error whose every property throws', throwingError, /failed/],
    ['an error whose code is an object', () => Object.assign(new Error('odd'), { code: { a: 1 } }), /odd/],
    ['an AggregateError', () => new AggregateError([new Error('one')], 'many'), /many/],
    ['a DOMException', () => new DOMException('no', 'AbortError'), /no/],
    ['a promise that rejects', () => Promise.reject(new Error('late')).catch(() => undefined), /failed/],
    ['text with escapes and half a surrogate', () => new Error('\u001b[31m\ud800\u0000'), /failed/],
    [
      'an error made of prototype keys',
      () => JSON.parse('{"__proto__":{"message":"x"},"constructor":1}') as unknown,
      /failed/,
    ],
    [
      'a QueueError with a code of its own',
      () => new QueueError('nonsense' as never, 'odd code'),
      /odd code/,
    ],
  ])('%s fails its task alone', async (_, make, told) => {
    const { app, running, deathOf, expectAlive } = trial()
    await running
      .handle(once, () => {
        throw make()
      })
      .start()
    const job = await app.enqueue(once, 1)
    expect(await refusal(() => job.result({ timeout: '10s' }))).toMatch(/^TASK_FAILED: /)
    expect(await refusal(() => job.result())).toMatch(told)
    const reason = await deathOf(job.id)
    expect(reason).toMatch(/^failed after 1 attempt: /)
    expect(reason.length).toBeLessThanOrEqual(1000)
    await expectAlive()
  })

  it.each<[string, () => unknown]>([
    ['a proxy that refuses everything', () => new Proxy({}, refuseAll)],
    ['a function whose toString throws', () => Object.assign(() => 1, { toString: NO })],
  ])('%s is retried like any other', async (_, make) => {
    const { app, running, expectAlive } = trial()
    const flaky = defineTask<undefined, number>('flaky', { retry: { limit: 1, delay: 0 } })
    await running
      .handle(flaky, (_input, { attempt }) => {
        if (attempt === 1) throw make()
        return attempt
      })
      .start()
    expect(await (await app.enqueue(flaky)).result({ timeout: '10s' })).toBe(2)
    await expectAlive()
  })
})

describe('a handler that returns', () => {
  it.each<[string, () => unknown, unknown]>([
    ['nothing', () => undefined, undefined],
    ['null', () => null, null],
    ['-0', () => -0, 0],
    ['a thenable', () => withThen((resolve: (value: number) => void) => resolve(7)), 7],
    ['a promise of a promise', () => Promise.resolve(Promise.resolve(7)), 7],
    ['a proxy of plain data', () => new Proxy({ a: 1 }, {}), { a: 1 }],
    [
      'an object with prototype keys',
      () => JSON.parse('{"__proto__":1}') as unknown,
      JSON.parse('{"__proto__":1}'),
    ],
    [
      'a class instance',
      () =>
        new (class Point {
          x = 1
        })(),
      { x: 1 },
    ],
    ['a Buffer, which has a toJSON', () => Buffer.from('a'), { type: 'Buffer', data: [97] }],
    ['an async generator, which has nothing to write', () => (async function* none() {})(), {}],
  ])('%s succeeds', async (_, make, value) => {
    const { app, running, expectAlive } = trial()
    await running.handle(once, make).start()
    expect(await (await app.enqueue(once, 1)).result({ timeout: '10s' })).toEqual(value)
    await expectAlive()
  })

  it.each<[string, () => unknown, RegExp]>([
    ['a symbol', () => Symbol('x'), /it is a symbol/],
    ['NaN', () => NaN, /it is NaN/],
    ['a Map', () => new Map(), /it is a Map/],
    ['bytes', () => new Uint8Array(2), /it is a Uint8Array/],
    ['a stream', () => Readable.from(['x']), /cannot be written as JSON/],
    ['a promise inside', () => ({ a: Promise.resolve(1) }), /"a" is a promise/],
    ['a proxy that refuses everything', () => new Proxy({}, { ownKeys: NO }), /gotcha/],
    [
      'a getter that throws',
      () => ({
        get a(): number {
          return NO()
        },
      }),
      /gotcha/,
    ],
    [
      'a thenable that rejects',
      () => withThen((_: unknown, reject: (error: unknown) => void) => reject(new Error('sour'))),
      /sour/,
    ],
    ['a thenable whose then throws', () => withThen(NO), /gotcha/],
    ['an object whose then throws on reading', () => Object.defineProperty({}, THEN, { get: NO }), /gotcha/],
  ])('%s fails its task, once, saying why', async (_, make, culprit) => {
    const { app, running, expectAlive } = trial()
    let runs = 0
    await running
      .handle(once, () => {
        runs += 1
        return make()
      })
      .start()
    const told = await refusal(async () => (await app.enqueue(once, 1)).result({ timeout: '10s' }))
    expect(told).toMatch(/^TASK_FAILED: /)
    expect(told).toMatch(culprit)
    expect(runs).toBe(1)
    await expectAlive()
  })

  it('more than the results keep is told as a failure, not lost', async () => {
    const { app, running, errors, expectAlive } = trial({
      transport: memory({ results: { maxValueBytes: 2000 } }),
    })
    await running.handle(once, () => 'x'.repeat(5000)).start()
    expect(await refusal(async () => (await app.enqueue(once, 1)).result({ timeout: '10s' }))).toMatch(
      /^TASK_FAILED: /,
    )
    expect(errors.map(({ code }) => code)).toContain('TOO_LARGE')
    await expectAlive()
  })
})

describe('a handler that does not end', () => {
  it(
    'leaves its neighbours alone, and its task is given back when the worker stops',
    { timeout: 20_000 },
    async () => {
      const { app, running } = trial({}, { concurrency: 2 })
      let aborted = false
      await running
        .handle(once, (_, { signal }) => {
          signal.addEventListener('abort', () => (aborted = true))
          return new Promise(() => {})
        })
        .start()
      const job = await app.enqueue(once, 1, { queue: 'default' })
      await until('it runs', () => running.health().active === 1)
      const probe = defineTask<number, number>('probe')
      expect(await (await app.enqueue(probe, 1)).result({ timeout: '10s' })).toBe(2)
      await running.stop({ drain: 0 })
      expect(aborted).toBe(true)
      expect(await app.queues.inspect('default')).toMatchObject({ ready: 1, leased: 0 })
      expect((await app.queues.peek('default'))[0]?.id).toBe(job.id)
    },
  )

  it('with all slots lost to such ones frees them at their time limits', { timeout: 30_000 }, async () => {
    const { app, running, expectAlive } = trial({}, { concurrency: 2 })
    const deaf = defineTask<undefined, unknown>('deaf', { timeout: 10, retry: false })
    await running.handle(deaf, () => new Promise(() => {})).start()
    const jobs = await app.enqueueMany(deaf, [undefined, undefined])
    for (const job of jobs)
      expect(await refusal(() => job.result({ timeout: '20s' }))).toMatch(/^TASK_TIMEOUT: .*limit of 10 ms/)
    await expectAlive()
  })

  it('but blocks the event loop past its lease still has a result, and the worker works on', async () => {
    const { app, running, expectAlive } = trial({}, { lease: 100 })
    await running
      .handle(once, () => {
        const end = performance.now() + 300
        while (performance.now() < end);
        return 'done'
      })
      .start()
    expect(await (await app.enqueue(once, 1)).result({ timeout: '10s' })).toBe('done')
    await expectAlive()
  })
})

describe('a context', () => {
  it.each<[string, (context: TaskContext) => unknown, RegExp]>([
    ['progress of NaN', ({ progress }) => progress(NaN), /progress goes from 0 to 1, not NaN/],
    ['progress of 1.5', ({ progress }) => progress(1.5), /progress goes from 0 to 1, not 1\.5/],
    ['progress in words', ({ progress }) => progress('half' as never), /progress goes from 0 to 1/],
    ['a retry in words', ({ retry }) => retry({ delay: 'soon' }), /retry delay: "soon"/],
    ['a postponement below 0', ({ postpone }) => postpone(-1), /postpone: -1/],
    ['a postponement beyond all dates', ({ postpone }) => postpone(1e309), /postpone: Infinity/],
  ])('refuses %s, which fails the task', async (_, call, culprit) => {
    const { app, running, expectAlive } = trial()
    await running.handle(once, (_input, context) => call(context)).start()
    const told = await refusal(async () => (await app.enqueue(once, 1)).result({ timeout: '10s' }))
    expect(told).toMatch(/^TASK_FAILED: /)
    expect(told).toMatch(culprit)
    await expectAlive()
  })

  it('takes any log line and any note, and keeps them within bounds', async () => {
    const { app, running, expectAlive } = trial()
    await running
      .handle(once, async (_, { log, progress, discard }) => {
        for (const odd of ['x'.repeat(1_000_000), 5, null, undefined, {}, 1n, Symbol('s'), { toString: NO }])
          log.info(odd as string)
        await progress(1, 'n'.repeat(1_000_000))
        return discard(7 as never)
      })
      .start()
    const job = await app.enqueue(once, 1)
    expect(await refusal(() => job.result({ timeout: '10s' }))).toMatch(/^TASK_FAILED: .*7/)
    const { logs } = await job.status()
    expect(logs?.map(({ message }) => message.slice(0, 9))).toEqual([
      'xxxxxxxxx',
      '5',
      'null',
      'undefined',
      '[object O',
      '1',
      'Symbol(s)',
      'a object',
    ])
    expect(JSON.stringify(logs).length).toBeLessThan(3000)
    await expectAlive()
  })

  it('keeps no more than the last hundred log lines', async () => {
    const { app, running } = trial()
    await running
      .handle(once, (_, { log }) => {
        for (let n = 0; n < 10_000; n += 1) log.info(String(n))
      })
      .start()
    const job = await app.enqueue(once, 1)
    await job.result({ timeout: '10s' })
    const { logs } = await job.status()
    expect([logs?.length, logs?.[0]?.message]).toEqual([100, '9900'])
  })
})

describe('a schema', () => {
  const misbehaving = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
    '~standard': { version: 1, vendor: 'test', validate },
  })

  it.each<[string, StandardSchema['~standard']['validate']]>([
    ['throws', NO],
    ['rejects', () => Promise.reject(new Error('gotcha'))],
    ['answers nothing', () => undefined as never],
    ['answers with issues that are none', () => ({ issues: [null] as never })],
    [
      'never has enough',
      () => ({ issues: Array.from({ length: 1e5 }, () => ({ message: 'x'.repeat(1000) })) }),
    ],
  ])('that %s at the worker fails the task alone', async (_, validate) => {
    const { app, running, expectAlive } = trial()
    const odd = defineTask('odd', { input: misbehaving(validate), retry: false })
    await running.handle(odd, () => 1).start()
    const message = {
      id: 'm',
      headers: { 'bananas-task': 'odd' },
      body: Buffer.from('1'),
      priority: 50,
      delayMs: 0,
    }
    await app.broker.publish('default', [message])
    expect(await refusal(() => app.job('m').result({ timeout: '10s' }))).toMatch(/^TASK_FAILED: /)
    await expectAlive()
  })

  it('of what is returned refuses what does not fit, and the task is not tried again', async () => {
    const { app, running, expectAlive } = trial()
    const odd = defineTask('odd', { input: z.unknown(), output: z.object({ n: z.number() }) })
    let runs = 0
    await running
      .handle(odd, () => {
        runs += 1
        return { n: 'text' } as never
      })
      .start()
    expect(await refusal(async () => (await app.enqueue(odd, 1)).result({ timeout: '10s' }))).toMatch(
      /^TASK_FAILED: .*result of task "odd" does not match its schema: n/,
    )
    expect(runs).toBe(1)
    await expectAlive()
  })
})

describe('a backoff of the user', () => {
  it.each<[string, () => never]>([
    ['throws', NO],
    ['answers NaN', () => NaN as never],
    ['answers in words', () => 'soon' as never],
    ['answers a promise', () => Promise.resolve(1) as never],
  ])('that %s gives way to the exponential one', async (_, backoff) => {
    const { app, running, expectAlive } = trial()
    const flaky = defineTask<undefined, number>('flaky', { retry: { limit: 1, backoff, delay: 1 } })
    await running.handle(flaky, (_input, { attempt }) => (attempt === 1 ? NO() : attempt)).start()
    expect(await (await app.enqueue(flaky)).result({ timeout: '10s' })).toBe(2)
    await expectAlive()
  })
})

function cyclicError(): Error {
  const error = new Error('loop')
  error.cause = error
  return error
}

function causes(count: number): Error {
  let error = new Error('root')
  for (let level = 0; level < count; level += 1) error = new Error(`level ${level}`, { cause: error })
  return error
}

function hugeError(): Error {
  const error = new Error('huge')
  error.name = 'n'.repeat(10_000_000)
  error.stack = 's'.repeat(10_000_000)
  return error
}

function throwingError(): Error {
  const error = new Error('x')
  for (const name of ['message', 'name', 'stack', 'code', 'cause'])
    Object.defineProperty(error, name, { get: NO })
  return error
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** On purpose, where the lint would see an accident. */
function withThen(then: (...args: never[]) => unknown): object {
  return Object.defineProperty({}, THEN, { value: then })
}
