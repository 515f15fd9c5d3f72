import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { Headers } from '../../src/contract/index.ts'
import { until } from '../../../../tests/until.ts'
import { trial } from './trial.ts'

const task = defineTask<unknown, unknown>('task', { retry: false })
const CELERY = {
  lang: 'py',
  task: 'proj.add',
  id: '4cc7438e-afd4-4f8f-a2f3-f46567e7ca77',
  argsrepr: '(1, 2)',
  'content-type': 'application/json',
}

function message(headers: Headers, body: string | Uint8Array = '1', id = 'm') {
  return { id, headers, body: typeof body === 'string' ? Buffer.from(body) : body, priority: 50, delayMs: 0 }
}

// Unknown versions, attempts of -1, 2^32 and 1.5, broken JSON and foreign bytes: test/worker/admission.test.ts.
describe('a message on the wire', () => {
  it.each<[string, Headers, RegExp, string?]>([
    ['no header at all', {}, /unreadable: .*bananas-task/],
    ['an empty task', { 'bananas-task': '' }, /unreadable: .*no bananas-task/],
    ['a version of its own', { 'bananas-version': '1.0' }, /wire version 1\.0/],
    ['an empty version', { 'bananas-version': '' }, /wire version/],
    ['attempt 0', { 'bananas-attempt': '0' }, /bananas-attempt is "0"/],
    ['an attempt with a sign', { 'bananas-attempt': '+1' }, /bananas-attempt/],
    ['an attempt in another base', { 'bananas-attempt': '0x1' }, /bananas-attempt/],
    ['an attempt in other digits', { 'bananas-attempt': '\u0661' }, /bananas-attempt/],
    ['a million digits', { 'bananas-attempt': '9'.repeat(1_000_000) }, /bananas-attempt is "9{40}"/],
    ['an empty attempt', { 'bananas-attempt': '' }, /bananas-attempt is ""/],
    ['hand-backs below 0', { 'bananas-handed-back': '-1' }, /bananas-handed-back/],
    ['a hop of NaN', { 'bananas-hop-ms': 'NaN' }, /bananas-hop-ms/],
    ['a hop beyond the safe integers', { 'bananas-hop-ms': '9007199254740993' }, /bananas-hop-ms/],
    ['a time limit in words', { 'bananas-timeout-ms': 'soon' }, /bananas-timeout-ms/],
    ['a hard limit below 0', { 'bananas-hard-timeout-ms': '-5' }, /bananas-hard-timeout-ms/],
    ['a retry limit of 2^40', { 'bananas-retry-limit': String(2 ** 40) }, /bananas-retry-limit/],
    ['a start in words', { 'bananas-not-before': 'tomorrow' }, /bananas-not-before/],
    ['a start in the year 275761', { 'bananas-not-before': '+275761-01-01T00:00:00Z' }, /bananas-not-before/],
    [
      'an expiry on the 31st of February',
      { 'bananas-expires-at': '2025-13-31T00:00:00Z' },
      /bananas-expires-at/,
    ],
    ['a sending time of no time', { 'bananas-enqueued-at': 'null' }, /bananas-enqueued-at/],
    ['perhaps for ignore', { 'bananas-ignore-result': 'perhaps' }, /bananas-ignore-result/],
    ['True for ignore', { 'bananas-ignore-result': 'True' }, /bananas-ignore-result/],
    ['a unique end nobody knows', { 'bananas-unique-until': 'done' }, /bananas-unique-until/],
    ['a place in a group below 0', { 'bananas-group-index': '-1' }, /bananas-group-index/],
    [
      'pickled bytes',
      { 'content-type': 'application/x-python-serialize' },
      /x-python-serialize" is not accepted/,
    ],
    ['JSON by a longer name', { 'content-type': 'application/json; charset=utf-8' }, /is not accepted/],
    ['an empty content type', { 'content-type': '' }, /is not accepted/],
    ['a content type of a prototype', { 'content-type': 'constructor' }, /"constructor" is not accepted/],
    ['bytes that are not UTF-8', {}, /unreadable|not JSON/, '"\xff"'],
    ['gzip', {}, /not JSON|unreadable/, '\x1f\x8b\x08'],
  ])('with %s is dead-lettered with the reason, and the worker lives', async (what, odd, reason, body) => {
    const { app, running, deathOf, expectAlive } = trial()
    let ran = false
    await running.handle(task, () => (ran = true)).start()
    const headers = what === 'no header at all' ? odd : { 'bananas-task': 'task', ...odd }
    const bytes = body === undefined ? '1' : Buffer.from(body, 'latin1')
    await app.broker.publish('default', [message(headers, bytes)])
    expect(await deathOf('m')).toMatch(reason)
    expect(ran).toBe(false)
    const { letters } = await app.queues.dead('default')
    expect(letters[0]!.message.headers).toMatchObject(
      Object.fromEntries(Object.entries(headers).filter(([name]) => !COUNTS.has(name))),
    )
    await expectAlive()
  })

  it.each<[string, Headers, unknown]>([
    ['a traceparent of garbage', { traceparent: '00-zz-\u0000' }, 'ran'],
    ['fields of a later version', { 'bananas-colour': 'yellow', 'bananas-': 'x' }, 'ran'],
    ['headers that are none of ours', { __proto__x: '1', constructor: '2', '': '3', 'a\r\nb': '4' }, 'ran'],
    ['times without a time zone', { 'bananas-enqueued-at': '2025-01-01' }, 'ran'],
    [
      'an expiry before its start, both to come',
      { 'bananas-not-before': '2999-01-02T00:00:00Z', 'bananas-expires-at': '2999-01-01T00:00:00Z' },
      'ran',
    ],
    ['ids of its family that are none', { 'bananas-root-id': '', 'bananas-parent-id': '\u202e' }, 'ran'],
    ['the highest attempt', { 'bananas-attempt': String(2 ** 31) }, 'ran'],
  ])('with %s runs', async (_, odd, value) => {
    const { app, running, expectAlive } = trial()
    await running.handle(task, () => 'ran').start()
    await app.broker.publish('default', [message({ 'bananas-task': 'task', ...odd })])
    expect(await app.job('m').result({ timeout: '10s' })).toBe(value)
    await expectAlive()
  })

  it.each<[string, Headers, string]>([
    [
      'protocol 2',
      CELERY,
      '[[1, 2], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]',
    ],
    [
      'protocol 1',
      { 'content-type': 'application/x-python-serialize' },
      '{"task":"proj.add","id":"1","args":[1]}',
    ],
    [
      'an envelope of a broker in the body',
      {},
      '{"body":"W10=","headers":{},"properties":{"delivery_tag":"1"}}',
    ],
  ])('of Celery, %s, is set aside whole', async (_, headers, body) => {
    const { app, running, deathOf, expectAlive } = trial()
    await running.start()
    await app.broker.publish('default', [message(headers, body)])
    expect(await deathOf('m')).toMatch(/^unreadable: .*bananas-task/)
    const { letters } = await app.queues.dead('default')
    expect(Buffer.from(letters[0]!.message.body).toString()).toBe(body)
    expect(letters[0]!.message.headers).toMatchObject(headers)
    await expectAlive()
  })

  it('that has expired before it may start ends as expired, unrun', async () => {
    const { app, running, expectAlive } = trial()
    await running.handle(task, () => 'ran').start()
    const times = {
      'bananas-not-before': '2030-01-01T00:00:00Z',
      'bananas-expires-at': '1999-01-01T00:00:00Z',
    }
    await app.broker.publish('default', [message({ 'bananas-task': 'task', ...times })])
    await until('it ended', async () => (await app.job('m').status()).state === 'expired')
    await expectAlive()
  })

  it('with ten thousand headers of a kilobyte is judged like any other', async () => {
    const { app, running, deathOf, expectAlive } = trial()
    await running.start()
    const bomb = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`x-${n}`, 'v'.repeat(1000)]))
    await app.broker.publish('default', [message(bomb)])
    expect(await deathOf('m')).toMatch(/^unreadable: /)
    await expectAlive()
  })

  it('among a thousand good ones is set aside alone', async () => {
    const { app, running, deathOf } = trial({}, { concurrency: 100 })
    let ran = 0
    await running.handle(task, () => (ran += 1)).start()
    const batch = Array.from({ length: 1000 }, (_, n) => message({ 'bananas-task': 'task' }, '1', `m${n}`))
    expect(await app.broker.publish('default', batch.with(500, message({}, '1', 'odd')))).toEqual([])
    expect(await deathOf('odd')).toMatch(/^unreadable: /)
    await until('all ran', () => ran === 999)
  })

  it.each<[string, object, RegExp]>([
    ['a priority of 101', { priority: 101 }, /priority .*101/],
    ['half a priority', { priority: 0.5 }, /priority .*0\.5/],
    ['a priority of NaN', { priority: NaN }, /priority .*NaN/],
    ['a negative delay', { delayMs: -1 }, /delayMs .*-1/],
    ['a delay of NaN', { delayMs: NaN }, /delayMs .*NaN/],
    ['an endless delay', { delayMs: Infinity }, /delayMs .*Infinity/],
    ['an empty id', { id: '' }, /non-empty id/],
  ])('with %s is refused by the broker, and its neighbours are not', async (_, odd, culprit) => {
    const { app } = trial()
    const good = message({ 'bananas-task': 'task' })
    const failures = await app.broker.publish('default', [good, { ...good, ...odd }, good])
    expect(failures).toMatchObject([{ index: 1, error: { code: 'INVALID' } }])
    expect(failures[0]!.error.message).toMatch(culprit)
    expect((await app.queues.inspect('default')).ready).toBe(2)
  })
})

/** Count afresh in a dead letter. */
const COUNTS: ReadonlySet<string> = new Set([
  'bananas-attempt',
  'bananas-handed-back',
  'bananas-unknown-times',
  'bananas-hop-ms',
])
