import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { QueueError, WorkerOptions } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { topicsOf } from '../../src/task/topics.ts'
import { until } from '../../../../tests/until.ts'
import { HOSTILE_NAMES, NO_TEXT, refusal } from './refusal.ts'
import { trial } from './trial.ts'

describe('an option of a worker', () => {
  it.each<[string, unknown, RegExp]>([
    ['null for options', null, /options must be an object/],
    ['a mistyped option', { concurency: 5 }, /no option "concurency"/],
    ['one queue as text', { queues: 'images' }, /queues must be a list of names.*"images"/],
    ['null as queues', { queues: null }, /queues must be a list/],
    ['no queue at all', { queues: [] }, /queues is empty/],
    ['no queue at all, by weight', { queues: {} }, /queues is empty/],
    ['the same queue twice', { queues: ['a', 'a'] }, /"a" is named twice/],
    ['an empty name', { queues: [''] }, /queue name/],
    ['a name with NUL', { queues: ['a\u0000'] }, /control character/],
    ['a name of 64 kB', { queues: ['q'.repeat(65_536)] }, /longer than 255 bytes/],
    ['a queue that is no text', { queues: [5] }, /queue name/],
    ['a weight of 0', { queues: { a: 0 } }, /weight of queue "a" .*0/],
    ['a negative weight', { queues: { a: -1 } }, /weight of queue "a"/],
    ['NaN as weight', { queues: { a: NaN } }, /weight of queue "a" .*NaN/],
    ['an endless weight', { queues: { a: Infinity } }, /weight of queue "a"/],
    ['a weight whose sums overflow', { queues: { a: 1e308, b: 1e308 } }, /weight of queue "a" .*1000000/],
    ['a weight in words', { queues: { a: '5' } }, /weight of queue "a" .*"5"/],
    ['no slots', { concurrency: 0 }, /concurrency .*0/],
    ['half a slot', { concurrency: 0.5 }, /concurrency .*0\.5/],
    ['NaN slots', { concurrency: NaN }, /concurrency .*NaN/],
    ['endless slots', { concurrency: Infinity }, /concurrency .*Infinity/],
    ['slots in words', { concurrency: 'many' }, /concurrency .*"many"/],
    ['a lease of 99 ms', { lease: 99 }, /lease .*99/],
    ['a lease in words', { lease: 'long' }, /lease: "long"/],
    ['a drain that is NaN', { drain: NaN }, /drain: NaN/],
    ['no crashes allowed', { maxCrashes: 0 }, /maxCrashes .*0/],
    ['text for strict', { strict: 'yes' }, /strict must be true or false, not "yes"/],
    ['text for leaseThread', { leaseThread: 'no' }, /leaseThread must be/],
    ['true for prefetch', { prefetch: true }, /prefetch must be "auto" or false, not true/],
    ['events nobody knows', { events: 'sometimes' }, /events must be .*"sometimes"/],
    ['a listener that is none', { onError: 'log' }, /onError must be a function/],
    ['an empty id', { id: '' }, /id must be a string of 1 to 255 bytes/],
    ['an id of 64 kB', { id: 'x'.repeat(65_536) }, /id must be a string of 1 to 255 bytes/],
  ])('cannot be %s', async (_, options, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.worker(options as WorkerOptions))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
  })

  it.each(HOSTILE_NAMES)('may name a worker by %s', async (_, id) => {
    const { app, worker } = trial()
    await worker({ id }).start()
    expect(await app.control.send('ping', { to: [id], wait: '10s' })).toEqual([
      { command: 'ping', worker: id, value: 'pong' },
    ])
  })
})

describe('worker.handle', () => {
  it.each(NO_TEXT)('refuses %s in place of a task', async (_, task) => {
    const { running } = trial()
    expect(await refusal(() => running.handle(task as never, () => 1))).toMatch(
      /^INVALID: worker\.handle takes what defineTask returns/,
    )
  })

  it.each([...NO_TEXT.filter(([what]) => what !== 'a function'), ['undefined', undefined] as const])(
    'refuses %s in place of a handler',
    async (_, handler) => {
      const { running } = trial()
      expect(await refusal(() => running.handle(defineTask('task'), handler as never))).toMatch(
        /^INVALID: Task "task": its handler must be a function/,
      )
    },
  )
})

describe('a running worker', () => {
  it.each<[string, (worker: ReturnType<typeof trial>['running']) => unknown, RegExp]>([
    ['half a slot', (worker) => (worker.concurrency = 0.5), /concurrency/],
    ['a pause of a queue it does not have', (worker) => worker.pause('other'), /does not consume "other"/],
    ['a resume of a queue it does not have', (worker) => worker.resume(''), /does not consume ""/],
    ['a drain in words', (worker) => worker.stop({ drain: 'soon' }), /drain: "soon"/],
  ])('refuses %s and works on', async (_, call, culprit) => {
    const { running, expectAlive } = trial()
    await running.start()
    const told = await refusal(() => call(running))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
    await expectAlive()
  })

  it('outlives a listener of errors that throws', async () => {
    const heard: string[] = []
    const onError = ({ code }: QueueError): void => {
      heard.push(code)
      throw new Error('the listener failed')
    }
    const transport = memory()
    const { running, expectAlive } = trial({ transport }, { onError })
    await running.start()
    await transport.channel!.broadcast(topicsOf('bananas').control, Buffer.from('{'))
    await until('it was told', () => heard.length > 0)
    expect(heard).toEqual(['DENIED'])
    await expectAlive()
  })
})
