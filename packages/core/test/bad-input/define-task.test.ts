import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../src/index.ts'
import type { TaskOptions } from '../../src/index.ts'
import { HOSTILE_NAMES, NO_TEXT, refusal } from './refusal.ts'

describe('the name of a task', () => {
  it.each([
    ['the empty string', '', 'non-empty'],
    ['1,025 characters', 'n'.repeat(1025), '1024'],
    ['64 kB', 'n'.repeat(65_536), '1024'],
    ['half a surrogate pair', 'a\ud800', 'Unicode'],
  ])('cannot be %s', async (_, name, culprit) => {
    expect(await refusal(() => defineTask(name))).toMatch(new RegExp(`^INVALID: .*task name.*${culprit}`))
  })

  it.each(NO_TEXT)('cannot be %s', async (_, name) => {
    expect(await refusal(() => defineTask(name as string))).toMatch(/^INVALID: .*task name/)
  })

  it.each([...HOSTILE_NAMES, ['1,024 characters', 'n'.repeat(1024)] as const])('may hold %s', (_, name) => {
    expect(defineTask(name).name).toBe(name)
  })
})

describe('an option of a task', () => {
  it.each<[string, unknown, RegExp]>([
    ['null for options', null, /options must be an object, not null/],
    ['a list for options', [], /options must be an object/],
    ['a schema in place of options', z.object({ a: z.number() }), /there is no option/],
    ['a mistyped option', { prio: 5 }, /no option "prio"\. There are: queue, priority/],
    ['a prototype key', JSON.parse('{"__proto__":{"queue":"q"},"x":1}'), /no option "__proto__"/],
    ['an empty queue name', { queue: '' }, /queue name/],
    ['a queue name with a line break', { queue: 'a\nb' }, /control character/],
    ['a queue name of 256 bytes', { queue: 'q'.repeat(256) }, /longer than 255 bytes/],
    ['a queue that is no text', { queue: 5 }, /queue name/],
    ['a priority of 101', { priority: 101 }, /priority .*101/],
    ['a priority of -1', { priority: -1 }, /priority .*-1/],
    ['half a priority', { priority: 0.5 }, /priority .*0\.5/],
    ['NaN as priority', { priority: NaN }, /priority .*NaN/],
    ['a priority in words', { priority: 'high' }, /priority .*"high"/],
    ['a BigInt as priority', { priority: 5n }, /priority .*5/],
    ['a timeout in words', { timeout: 'soon' }, /timeout: "soon"/],
    ['a negative timeout', { timeout: -1 }, /timeout: -1/],
    ['a timeout beyond all dates', { timeout: 1e309 }, /timeout: Infinity/],
    ['a keeping time without a unit', { resultTtl: '1e9' }, /resultTtl: "1e9"/],
    ['a retry in words', { retry: 'twice' }, /retry: the options must be an object/],
    ['true for retry', { retry: true }, /retry: the options must be an object/],
    ['a negative retry limit', { retry: -1 }, /retry\.limit .*-1/],
    ['NaN retries', { retry: NaN }, /retry\.limit .*NaN/],
    ['a mistyped retry option', { retry: { attempts: 5 } }, /retry: there is no option "attempts"/],
    ['a backoff nobody knows', { retry: { backoff: 'quadratic' } }, /retry\.backoff .*"quadratic"/],
    ['a jitter of 2', { retry: { jitter: 2 } }, /retry\.jitter .*2/],
    ['a retry delay in words', { retry: { delay: '5 fortnights' } }, /retry\.delay: "5 fortnights"/],
    ['an input that is no schema', { input: {} }, /input must be a Standard Schema/],
    [
      'a schema that is no schema at all',
      { input: 'string' },
      /input must be a Standard Schema, not|input must be/,
    ],
    ['an output that is no schema', { output: null }, /output must be a Standard Schema/],
  ])('cannot be %s', async (_, options, culprit) => {
    const told = await refusal(() => defineTask('task', options as TaskOptions))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
    if (!/queue name/.test(told)) expect(told).toContain('Task "task"')
  })

  it('left undefined is an option left out', () => {
    const explicit = { queue: undefined, priority: undefined, retry: undefined, timeout: undefined } as never
    expect(defineTask('task', explicit)).toEqual(defineTask('task'))
  })
})
