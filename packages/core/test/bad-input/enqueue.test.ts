import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { EnqueueOptions } from '../../src/index.ts'
import { HOSTILE_NAMES, NO_TEXT, refusal, TWINS } from './refusal.ts'
import { trial } from './trial.ts'

const task = defineTask<unknown, unknown>('task', { retry: false })
const MAP = new Map([['a', 'b']])

// What client/enqueue.test.ts refuses (delays, priorities, ids, queues) is not repeated here.
describe('an option of enqueue', () => {
  it.each<[string, unknown, RegExp]>([
    ['null for options', null, /options must be an object, not null/],
    ['a number for options', 5, /options must be an object, not 5/],
    ['a mistyped option', { delayMs: 5 }, /no option "delayMs"/],
    ['an option of defineTask', { retry: 5 }, /no option "retry".*retryLimit/],
    ['a prototype key', JSON.parse('{"__proto__":{"delay":1},"x":1}'), /no option "__proto__"/],
    ['null as delay', { delay: null }, /delay: null/],
    ['a Date as delay', { delay: new Date(5) }, /delay: /],
    ['a delay with a unit of its own', { delay: '1.5 d 3 moons' }, /delay: "1\.5 d 3 moons"/],
    ['an exponent as delay', { delay: '1e9' }, /delay: "1e9"/],
    ['1e309 as delay', { delay: 1e309 }, /delay: Infinity/],
    ['null as moment', { at: null }, /at must be a valid Date/],
    ['text as moment', { at: '2030-01-01T00:00:00Z' }, /at must be a valid Date.*"2030/],
    ['NaN as moment', { at: NaN }, /at must be a valid Date.*NaN/],
    ['a moment in the year 275761', { at: 8.64e15 + 1 }, /range of dates/],
    ['null as expiry', { expires: null }, /expires must be a valid Date/],
    ['an object as expiry', { expires: { getTime: () => 5 } }, /expires must be a valid Date/],
    ['an expiry in words', { expires: 'later' }, /expires: "later"/],
    ['an expiry in the year 275761', { expires: 8.64e15 }, /range of dates/],
    ['a retry limit of 2^32', { retryLimit: 2 ** 32 }, /retryLimit .*4294967296/],
    ['half a retry', { retryLimit: 0.5 }, /retryLimit .*0\.5/],
    ['a BigInt as retry limit', { retryLimit: 5n }, /retryLimit .*5/],
    ['text for a boolean', { ignoreResult: 'no' }, /ignoreResult .*"no"/],
    ['an empty group', { group: '' }, /group must be a string/],
    ['a group of 256 bytes', { group: 'g'.repeat(256) }, /group must be .*255/],
    ['half a surrogate as group', { group: '\udc00' }, /group must be/],
    ['a shadow that is no text', { shadow: 5 }, /shadow must be a string/],
    ['half a surrogate as shadow', { shadow: '\ud800' }, /shadow must be a string of valid Unicode/],
    ['a parent that is no text', { parentId: {} }, /parentId must be a string/],
    ['a root that is no text', { rootId: null }, /rootId must be a string/],
    ['true for unique', { unique: true }, /unique: the options must be an object/],
    ['text for unique', { unique: 'key' }, /unique: the options must be an object/],
    ['a mistyped unique option', { unique: { ttl: 5 } }, /unique: there is no option "ttl"/],
    ['a unique mode nobody knows', { unique: { mode: 'rejct' } }, /unique\.mode .*"rejct"/],
    ['a unique end nobody knows', { unique: { until: 'done' } }, /unique\.until .*"done"/],
    ['a unique key that is no text', { unique: { key: 5 } }, /unique\.key must be a string/],
    ['half a surrogate as unique key', { unique: { key: '\ud800' } }, /unique\.key/],
    ['null as headers', { headers: null }, /Headers must be an object/],
    ['text as headers', { headers: 'a=b' }, /Headers must be an object/],
    ['a list as headers', { headers: [['a', 'b']] }, /Headers must be an object/],
    ['a Map as headers', { headers: MAP }, /Headers must be an object/],
    ['the Headers of fetch', { headers: new Headers({ a: 'b' }) }, /Headers must be an object/],
    ['a header without a value', { headers: { a: undefined } }, /header "a" must be a string/],
    ['half a surrogate in a header', { headers: { a: '\ud800' } }, /header "a" must be/],
    ['half a surrogate as name of a header', { headers: { '\ud800': 'a' } }, /name of a header/],
    ['a content type of its own', { headers: { 'content-type': 'text/plain' } }, /"content-type" belongs/],
  ])('cannot be %s: it is INVALID, named, and nothing is sent', async (_, options, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.enqueue(task, 1, options as EnqueueOptions))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
    expect(await app.queues.list()).toEqual([])
  })

  it.each(NO_TEXT)('cannot be %s where an id or a queue is wanted', async (_, value) => {
    const { app } = trial()
    expect(await refusal(() => app.enqueue(task, 1, { id: value as string }))).toMatch(/^INVALID: .*the id/)
    if (value !== null)
      expect(await refusal(() => app.enqueue(task, 1, { queue: value as string }))).toMatch(
        /^INVALID: .*queue/,
      )
  })

  it.each<[string, unknown]>([
    ['a name', 'task'],
    ['null', null],
    ['undefined', undefined],
    ['an object like one', { name: 'task' }],
  ])('cannot make up for %s in place of a task', async (_, value) => {
    const { app } = trial()
    expect(await refusal(() => app.enqueue(value as never))).toMatch(
      /^INVALID: enqueue takes what defineTask/,
    )
    expect(await refusal(() => app.enqueueMany(value as never, [1]))).toMatch(/^INVALID: enqueueMany takes/)
  })
})

describe('a hostile name', () => {
  it.each(HOSTILE_NAMES)(
    'made of %s reaches the handler as id, group, header, shadow and unique key',
    async (_, name) => {
      const { app, running } = trial()
      const odd = defineTask<undefined, unknown>(name)
      await running
        .handle(odd, (_input, context) => ({
          id: context.id,
          task: context.task,
          parent: context.parentId,
          header: Object.entries(context.headers).find(([key]) => key === name || key === `x${name}`)?.[1],
        }))
        .start()
      const options = { id: name, group: name, headers: { [`x${name}`]: name }, parentId: name, shadow: name }
      const job = await app.enqueue(odd, undefined, { ...options, unique: { key: name } })
      expect(await job.result()).toEqual({ id: name, task: name, parent: name, header: name })
      expect((await job.status()).state).toBe('succeeded')
    },
  )

  it.each(HOSTILE_NAMES)('made of %s names a queue of its own', async (_, name) => {
    const { app, worker } = trial()
    await worker({ queues: [name] })
      .handle(task, () => 'ran')
      .start()
    expect(await (await app.enqueue(task, 1, { queue: name })).result()).toBe('ran')
    expect(await app.queues.list()).toEqual([name])
  })

  it('is not taken for its twin in another normal form', async () => {
    const { app } = trial()
    const [first, second] = await Promise.all(
      TWINS.map((key) => app.enqueue(task, 1, { unique: { key }, queue: key, id: key })),
    )
    expect([first!.duplicate, second!.duplicate]).toEqual([false, false])
    expect(await app.queues.list()).toEqual([...TWINS].toSorted())
  })

  it('of a kilobyte with line breaks and NUL is data where it may be data', async () => {
    const { app, running } = trial()
    const text = `a\r\nb\u0000c${'\u202e'.repeat(1000)}`
    const odd = defineTask<undefined, unknown>('a\r\nb\u0000c')
    await running.handle(odd, (_, { headers }) => headers['x']).start()
    expect(
      await (await app.enqueue(odd, undefined, { headers: { x: text }, unique: { key: text } })).result(),
    ).toBe(text)
  })
})

describe('headers', () => {
  it('beyond the limit of the broker are TOO_LARGE, and the worker works on', async () => {
    const { app, running, expectAlive } = trial()
    await running.start()
    const bomb = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`h${n}`, 'x'.repeat(1000)]))
    expect(await refusal(() => app.enqueue(task, 1, { headers: bomb }))).toMatch(/^TOO_LARGE: /)
    await expectAlive()
  })

  it('by the ten thousand reach the handler', async () => {
    const { app, running } = trial()
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`h${n}`, '']))
    await running
      .handle(task, (_, { headers }) => Object.keys(headers).filter((name) => name.startsWith('h')).length)
      .start()
    expect(await (await app.enqueue(task, 1, { headers: many })).result()).toBe(10_000)
  })

  it('of a task are not those of the next one', async () => {
    const { app, running } = trial()
    await running.handle(task, (_, { headers }) => headers['x'] ?? 'none').start()
    const headers = JSON.parse('{"x":"1","__proto__":"2"}') as Record<string, string>
    expect(await (await app.enqueue(task, 1, { headers })).result()).toBe('1')
    expect(await (await app.enqueue(task, 1)).result()).toBe('none')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})
