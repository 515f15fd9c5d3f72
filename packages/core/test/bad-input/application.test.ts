import { describe, expect, it } from 'vitest'
import { Bananas, defineTask } from '../../src/index.ts'
import type { BananasOptions } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { HOSTILE_NAMES, refusal } from './refusal.ts'
import { trial } from './trial.ts'

describe('new Bananas()', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /needs a transport/],
    ['null', null, /needs a transport/],
    ['an address', 'redis://localhost', /needs a transport/],
    ['a transport in place of options', memory(), /needs a transport/],
    ['no transport', {}, /needs a transport/],
    ['a transport that is none', { transport: {} }, /needs a transport/],
    ['a mistyped option', { transport: memory(), plugin: [] }, /no option "plugin"/],
    ['an empty namespace', { transport: memory(), namespace: '' }, /namespace must be a string/],
    ['a namespace that is no text', { transport: memory(), namespace: 5 }, /namespace must be a string/],
    ['a namespace of 64 kB', { transport: memory(), namespace: 'n'.repeat(65_536) }, /namespace .*255 bytes/],
    ['two lanes', { transport: memory(), lanes: 2 }, /lanes must be 1 or 3, not 2/],
    ['an empty secret', { transport: memory(), secret: '' }, /secret must be a non-empty string/],
    ['a secret that is no text', { transport: memory(), secret: 5 }, /secret must be/],
    ['events nobody knows', { transport: memory(), events: true }, /events must be .*not true/],
    ['a serializer that is none', { transport: memory(), serializer: JSON }, /serializer must have/],
    [
      'one serializer in place of a list',
      { transport: memory(), serializers: {} },
      /serializers must be a list/,
    ],
    [
      'one plugin in place of a list',
      { transport: memory(), plugins: { name: 'x' } },
      /plugins must be a list/,
    ],
    ['a plugin without a name', { transport: memory(), plugins: [{}] }, /a plugin must have a name/],
  ])('refuses %s, naming it', async (_, options, culprit) => {
    const told = await refusal(() => new Bananas(options as BananasOptions))
    expect(told).toMatch(/^INVALID: new Bananas\(\)/)
    expect(told).toMatch(culprit)
  })

  it('takes an option that is undefined for one left out', async () => {
    const odd = {
      transport: memory(),
      namespace: undefined,
      lanes: undefined,
      secret: undefined,
      events: undefined,
    }
    const { app, running, expectAlive } = trial(odd as never)
    await running.start()
    await expectAlive()
    await app.close()
  })

  it.each(HOSTILE_NAMES)(
    'keeps applications apart that share a store when one is named by %s',
    async (_, namespace) => {
      const transport = memory()
      const task = defineTask('task')
      const one = trial({ transport, namespace })
      const two = trial({ transport })
      await one.worker({ queues: ['one'], id: 'first' }).start()
      await two.worker({ queues: ['two'], id: 'second' }).start()
      const answers = await Promise.all([one, two].map(({ app }) => app.control.send('ping', { wait: 50 })))
      expect(answers.map((replies) => replies.map(({ worker }) => worker))).toEqual([['first'], ['second']])
      const jobs = await Promise.all(
        [one, two].map(({ app }) => app.enqueue(task, undefined, { queue: 'aside', unique: { key: 'k' } })),
      )
      expect(jobs.map(({ duplicate }) => duplicate)).toEqual([false, false])
    },
  )
})

describe('a closed application', () => {
  const task = defineTask<number>('task')

  it.each<[string, (app: Bananas) => unknown]>([
    ['enqueue', (app) => app.enqueue(task, 1)],
    ['enqueueMany', (app) => app.enqueueMany(task, [1])],
    ['revoke', (app) => app.revoke(['id'])],
    ['open', (app) => app.open()],
    ['a worker', (app) => app.worker().start()],
    ['a result', (app) => app.job('id').result()],
    ['a status', (app) => app.job('id').status()],
    ['counts', (app) => app.queues.inspect('q')],
    ['a command', (app) => app.control.send('ping')],
    ['events', (app) => app.events().next()],
  ])('refuses %s as CLOSED', async (_, call) => {
    const app = new Bananas({ transport: memory() })
    await app.close()
    expect(await refusal(() => call(app))).toMatch(/^CLOSED: .*closed/)
    await app.close()
  })
})
