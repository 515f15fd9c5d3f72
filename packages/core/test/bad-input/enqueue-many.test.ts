import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../src/index.ts'
import type { EnqueueOptions, Plugin } from '../../src/index.ts'
import { refusal } from './refusal.ts'
import { trial } from './trial.ts'

const task = defineTask<unknown, unknown>('task')
const even = defineTask('even', { input: z.number().multipleOf(2) })
const onePlugin: Plugin = { name: 'audit', enqueue: (request, next) => next(request) }
const THOUSAND = Array.from({ length: 1000 }, (_, n) => n * 2)

describe('enqueueMany', () => {
  it.each<[string, unknown]>([
    ['a number', 5],
    ['text', 'abc'],
    ['null', null],
    ['undefined', undefined],
    ['an object', { length: 2 }],
    ['a function', () => [1]],
  ])('refuses %s in place of inputs', async (_, inputs) => {
    const { app } = trial()
    expect(await refusal(() => app.enqueueMany(task, inputs as unknown[]))).toMatch(
      /^INVALID: Task "task": enqueueMany takes an array or an iterable/,
    )
  })

  it.each<[string, EnqueueOptions]>([
    ['an id for many', { id: 'one' }],
    ['an empty queue', { queue: '' }],
    ['a mistyped option', { dealy: 5 } as EnqueueOptions],
    ['a delay in words', { delay: 'soon' }],
  ])('refuses %s, even for nobody', async (_, options) => {
    const { app } = trial()
    expect(await refusal(() => app.enqueueMany(task, [], options))).toMatch(/^INVALID: /)
  })

  it.each<[string, EnqueueOptions]>([
    ['by itself', {}],
    ['with a unique key each', { unique: {} }],
  ])('sends nothing when one of a thousand is bad, %s, and names its position', async (_, options) => {
    const { app } = trial()
    for (const [position, bad, many] of [
      [0, 3, even],
      [500, 'x', even],
      [999, 1n, task],
    ] as const) {
      const inputs: unknown[] = THOUSAND.with(position, bad as never)
      const told = await refusal(() => app.enqueueMany(many as typeof task, inputs, options))
      expect(told).toMatch(new RegExp(`^INVALID: Nothing was enqueued\\. Position ${position} of 1000: `))
    }
    expect(await app.queues.list()).toEqual([])
  })

  it('with a plugin sends each for itself, to the last, and names the positions of the bad ones', async () => {
    const { app } = trial({ plugins: [onePlugin] })
    const error: unknown = await app
      .enqueueMany(even, THOUSAND.with(3, 7).with(998, 9))
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INVALID', cause: [{ index: 3 }, { index: 998 }] })
    expect((await app.queues.inspect('default')).ready).toBe(998)
  })

  it('with one unique key in mode reject sends the first and names the others', async () => {
    const { app } = trial()
    const options = { unique: { key: 'k', mode: 'reject' } } as const
    const error: unknown = await app.enqueueMany(task, [1, 2, 3], options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFLICT', cause: [{ index: 1 }, { index: 2 }] })
    expect((await app.queues.inspect('default')).ready).toBe(1)
  })

  it('takes a hole in a list for an input that is undefined', async () => {
    const { app } = trial()
    const holey: unknown[] = []
    holey[2] = 1
    expect(await app.enqueueMany(task, holey)).toHaveLength(3)
  })

  it('takes a hundred thousand, and one', { timeout: 60_000 }, async () => {
    const { app } = trial()
    expect(await app.enqueueMany(task, [1])).toHaveLength(1)
    expect(
      await app.enqueueMany(
        task,
        Array.from({ length: 100_000 }, (_, n) => n),
      ),
    ).toHaveLength(100_000)
    expect((await app.queues.inspect('default')).ready).toBe(100_001)
  })

  it('passes on what an iterable throws, after the whole batches before it were sent', async () => {
    const { app } = trial()
    const broken = new RangeError('the source failed')
    const source = (function* numbers() {
      for (let n = 0; n < 1500; n += 1) yield n
      throw broken
    })()
    await expect(app.enqueueMany(task, source)).rejects.toBe(broken)
    expect((await app.queues.inspect('default')).ready).toBe(1000)
  })

  it('ends with the reason of an abort, between two batches', async () => {
    const { app } = trial()
    const controller = new AbortController()
    const reason = new Error('enough')
    const source = (function* numbers() {
      for (let n = 0; ; n += 1) {
        if (n === 2500) controller.abort(reason)
        yield n
      }
    })()
    await expect(app.enqueueMany(task, source, { signal: controller.signal })).rejects.toBe(reason)
    expect((await app.queues.inspect('default')).ready).toBe(2000)
  })
})
