import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { Bananas } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { HOSTILE_NAMES, refusal } from './refusal.ts'
import { trial } from './trial.ts'

const fails = defineTask<number>('fails', { retry: false })

const CALLS: readonly (readonly [string, (app: Bananas, queue: string) => unknown])[] = [
  ['inspect', (app, queue) => app.queues.inspect(queue)],
  ['peek', (app, queue) => app.queues.peek(queue)],
  ['purge', (app, queue) => app.queues.purge(queue)],
  ['dead', (app, queue) => app.queues.dead(queue)],
  ['redrive', (app, queue) => app.queues.redrive(queue)],
  ['drop', (app, queue) => app.queues.drop(queue)],
]

describe.each(CALLS)('%s', (_name, call) => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a number', 5],
    ['the empty string', ''],
    ['a line break', 'a\nb'],
    ['NUL', 'a\u0000'],
    ['256 bytes', 'q'.repeat(256)],
    ['64 kB', 'q'.repeat(65_536)],
    ['half a surrogate', '\ud800'],
  ])('refuses a queue named by %s', async (_, queue) => {
    const { app } = trial()
    expect(await refusal(() => call(app, queue as string))).toMatch(/^INVALID: .*queue name/i)
  })

  it.each(HOSTILE_NAMES)(
    'finds nothing in a queue named by %s that was never used, and makes none',
    async (_, queue) => {
      const { app } = trial()
      const found = await call(app, queue)
      expect([0, [], { letters: [] }, { ready: 0, delayed: 0, leased: 0, dead: 0 }]).toContainEqual(found)
      expect(await app.queues.list()).toEqual([])
    },
  )
})

describe('looking at a queue', () => {
  it.each<[string, (app: Bananas) => unknown, RegExp]>([
    ['-1 messages', (app) => app.queues.peek('q', -1), /limit .*0, not -1/],
    ['NaN messages', (app) => app.queues.peek('q', NaN), /limit .*NaN/],
    ['endless messages', (app) => app.queues.peek('q', Infinity), /limit .*Infinity/],
    ['half a message', (app) => app.queues.peek('q', 0.5), /limit .*0\.5/],
    ['messages in words', (app) => app.queues.peek('q', 'all' as never), /limit .*"all"/],
    ['no letters', (app) => app.queues.dead('q', { limit: 0 }), /limit .*1, not 0/],
    ['NaN letters', (app) => app.queues.dead('q', { limit: NaN }), /limit .*NaN/],
    ['letters without a limit', (app) => app.queues.dead('q', {} as never), /limit .*undefined/],
    [
      'a mistyped option',
      (app) => app.queues.dead('q', { limit: 5, from: 'x' } as never),
      /no option "from"/,
    ],
    ['null as page', (app) => app.queues.dead('q', null as never), /options must be an object/],
    [
      'a marker of garbage',
      (app) => app.queues.dead('q', { limit: 5, after: 'garbage' }),
      /"garbage" is not a page marker/,
    ],
    [
      'a marker that is no text',
      (app) => app.queues.dead('q', { limit: 5, after: 5 as never }),
      /5 is not a page marker/,
    ],
    [
      'a marker of a lane there is not',
      (app) => app.queues.dead('q', { limit: 5, after: '7:1' }),
      /"7:1" is not a page marker/,
    ],
    [
      'a marker of a lane below 0',
      (app) => app.queues.dead('q', { limit: 5, after: '-1:1' }),
      /"-1:1" is not a page marker/,
    ],
    [
      'a marker the broker did not make',
      (app) => app.queues.dead('q', { limit: 5, after: '0:garbage' }),
      /"garbage" is not a page marker/,
    ],
  ])('refuses %s', async (_, call, culprit) => {
    const { app } = trial()
    const told = await refusal(() => call(app))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
  })
})

describe('tidying up dead letters', () => {
  it.each<[string, unknown, RegExp]>([
    ['one id in place of a list', { ids: 'id' }, /"ids" must be a list .*"id"/],
    ['ids that are no text', { ids: [5] }, /"ids" must be a list/],
    ['null as ids', { ids: null }, /"ids" must be a list/],
    ['a mistyped option', { id: 'x' }, /no option "id"\. There are: ids/],
    ['a list in place of options', ['x'], /options must be an object/],
    ['null', null, /options must be an object/],
  ])('refuses %s, and drops and redrives none', async (_, selection, culprit) => {
    const { app, running, deathOf } = trial()
    await running
      .handle(fails, () => {
        throw new Error('no')
      })
      .start()
    await deathOf((await app.enqueue(fails, 1)).id)
    for (const verb of ['drop', 'redrive'] as const) {
      const told = await refusal(() => app.queues[verb]('default', selection as never))
      expect(told).toMatch(/^INVALID: /)
      expect(told).toMatch(culprit)
    }
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, dead: 1 })
    expect(await app.queues.drop('default', { ids: [] })).toBe(0)
    expect(await app.queues.drop('default', { ids: ['other', '__proto__'] })).toBe(0)
    expect(await app.queues.drop('default', { ids: undefined })).toBe(1)
  })

  it('of every lane takes a marker for each', async () => {
    const { app } = trial({ transport: memory({ supports: { priorityLevels: 1 } }) })
    expect(await app.queues.dead('q', { limit: 5, after: '2:' })).toEqual({ letters: [] })
    expect(await refusal(() => app.queues.dead('q', { limit: 5, after: '3:' }))).toMatch(/^INVALID: "3:"/)
    expect(await refusal(() => app.enqueue(fails, 1, { queue: 'q~high' }))).toMatch(
      /^INVALID: .*"q~high" ends like/,
    )
  })
})
