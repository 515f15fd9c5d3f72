import { describe, expect, it } from 'vitest'
import { QueueError } from '../../src/errors.ts'
import { parseDuration } from '../../src/task/duration.ts'

describe('parseDuration', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    [0.4, 1],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['1h 30m', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    [2 ** 31, 2 ** 31],
  ])('reads %j as %d ms', (given, ms) => {
    expect(parseDuration(given, 'delay')).toBe(ms)
  })

  it.each([
    [NaN],
    [-1],
    [Infinity],
    [1e309],
    [8.64e15 + 1e3],
    ['5 fortnights'],
    [''],
    ['1e9'],
    ['-5s'],
    ['5'],
    ['s'],
    [null],
    [undefined],
    [{}],
    [10n],
    [true],
  ])('refuses %s, naming the option and the way out', (given) => {
    const error = thrownBy(() => parseDuration(given as never, 'delay'))
    expect(error.code).toBe('INVALID')
    expect(error.message).toContain('delay')
    expect(error.message).toContain("'5m'")
  })
})

function thrownBy(call: () => unknown): QueueError {
  try {
    call()
  } catch (error) {
    if (QueueError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
