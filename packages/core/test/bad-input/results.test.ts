import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { WaitOptions } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { HOSTILE_NAMES, NO_TEXT, refusal } from './refusal.ts'
import { trial } from './trial.ts'

describe('waiting for a result', () => {
  it.each<[string, unknown, RegExp]>([
    ['a timeout of NaN', { timeout: NaN }, /timeout: NaN/],
    ['a timeout below 0', { timeout: -1 }, /timeout: -1/],
    ['an endless timeout', { timeout: Infinity }, /timeout: Infinity/],
    ['a timeout in words', { timeout: 'soon' }, /timeout: "soon"/],
    ['a BigInt as timeout', { timeout: 5n }, /timeout: 5/],
  ])('refuses %s', async (_, options, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.job('id').result(options as WaitOptions))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
  })

  it('with a timeout of 0 is over at once', async () => {
    const { app } = trial()
    expect(await refusal(() => app.job('id').result({ timeout: 0 }))).toMatch(/^RESULT_TIMEOUT: Task id /)
  })

  it.each(HOSTILE_NAMES)('of an id made of %s finds nothing that was never stored', async (_, id) => {
    const { app } = trial()
    expect(await app.job(id).status()).toEqual({ id, state: 'unknown' })
    expect(await refusal(() => app.job(id).result({ timeout: 1 }))).toMatch(/^RESULT_TIMEOUT: /)
  })

  it.each([
    ...NO_TEXT,
    ['the empty string', ''],
    ['64 kB', 'x'.repeat(65_536)],
    ['half a surrogate', '\ud800'],
  ] as const)('refuses %s in place of an id', async (_, id) => {
    const { app } = trial()
    expect(await refusal(() => app.job(id as string))).toMatch(/^INVALID: A task id must be a string/)
  })
})

describe('a stored result that is nonsense', () => {
  it.each<[string, string, RegExp]>([
    ['no bytes', '', /^UNDECODABLE: The result of task id/],
    ['no JSON', 'hello\n1', /^UNDECODABLE: The result of task id/],
    ['JSON that is no object', '5\n1', /^UNDECODABLE: The result of task id/],
    ['null', 'null\n1', /^UNDECODABLE: The result of task id/],
    ['a value that is no JSON', '{}\n{', /^UNDECODABLE: /],
    [
      'a content type nobody reads',
      '{"contentType":"application/x-python-serialize"}\nx',
      /^UNDECODABLE: Content type "application\/x-python/,
    ],
    ['a content type that is no text', '{"contentType":5}\nx', /^UNDECODABLE: Content type 5 /],
  ])('of %s is UNDECODABLE', async (_, stored, told) => {
    const { app } = await withRecord('succeeded', stored)
    expect(await refusal(() => app.job('id').result({ timeout: '10s' }))).toMatch(told)
  })

  it.each<[string, string, RegExp]>([
    ['no error', '{}', /Task id failed/],
    ['an error of null', '{"error":null}', /Task id failed/],
    ['an error in words', '{"error":"boom"}', /Task id failed/],
    ['an error without a message', '{"error":{}}', /Task id failed/],
    [
      'an error whose parts are no text',
      '{"error":{"name":5,"message":{},"stack":[],"code":null,"cause":7}}',
      /Task id failed/,
    ],
    [
      'an error whose cause has a cause, a hundred thousand deep',
      `{"error":${'{"message":"m","cause":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
      /failed: m/,
    ],
    [
      'an error with prototype keys',
      '{"error":{"__proto__":{"message":"x"},"constructor":1}}',
      /Task id failed/,
    ],
    ['a task name that is no text', '{"task":{"a":1}}', /failed/],
  ])('of a failure with %s is a failure all the same', async (_, facts, told) => {
    const { app } = await withRecord('failed', `${facts}\n`)
    const error: unknown = await app
      .job('id')
      .result({ timeout: '10s' })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TASK_FAILED' })
    expect(String(error)).toMatch(told)
    let depth = 0
    for (let at: unknown = (error as Error).cause; at instanceof Error; at = at.cause) depth += 1
    expect(depth).toBeLessThan(12)
  })

  it('does not take the results beside it along', async () => {
    const { app } = await withRecord('succeeded', 'hello')
    const task = defineTask<number, number>('task')
    await app
      .worker()
      .handle(task, (n) => n)
      .start()
    const good = await app.enqueue(task, 7)
    const [first, second] = await Promise.allSettled([
      app.job('id').result(),
      good.result({ timeout: '10s' }),
    ])
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
  })
})

describe('revoke', () => {
  it.each<[string, unknown, RegExp]>([
    ['one id in place of a list', 'id', /revoke takes a list of task ids, not "id"/],
    ['null', null, /revoke takes a list/],
    ['an empty id', [''], /task id must be a string/],
    ['an id of 64 kB', ['x'.repeat(65_536)], /task id must be a string/],
    ['an id that is no text, among good ones', ['a', 5, 'b'], /task id must be a string .*not 5/],
  ])('refuses %s and revokes nothing', async (_, ids, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.revoke(ids as string[]))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
    expect((await app.job('a').status()).state).toBe('unknown')
  })

  it('refuses a reason that is no text, and cuts one of ten megabytes', async () => {
    const { app } = trial()
    expect(await refusal(() => app.revoke(['a'], 5n as never))).toMatch(/^INVALID: revoke: the reason/)
    await app.revoke(['a'], 'x'.repeat(10_000_000))
    expect((await app.job('a').status()).reason).toHaveLength(1000)
  })

  it('takes ten thousand ids, and none', async () => {
    const { app, running, expectAlive } = trial()
    await running.start()
    await app.revoke([])
    await app.revoke(Array.from({ length: 10_000 }, (_, n) => `id${n}`))
    expect((await app.job('id9999').status()).state).toBe('cancelled')
    await expectAlive()
  })
})

async function withRecord(state: 'succeeded' | 'failed', stored: string): Promise<ReturnType<typeof trial>> {
  const transport = memory()
  const parts = trial({ transport })
  const record = { id: 'id', state, value: Buffer.from(stored), ttlMs: 60_000 }
  expect(await transport.results!.put([record])).toEqual([])
  return parts
}
