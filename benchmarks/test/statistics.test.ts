import { describe, expect, it } from 'vitest'
import { median, percentile, summarize } from '../statistics.ts'

describe('median', () => {
  it('is the middle of an odd number of values, in any order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  it('is the mean of the middle two of an even number of values', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('sorts by number, not by text', () => {
    expect(median([100, 9, 20])).toBe(20)
  })

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('percentile', () => {
  it.each([
    [0, 10],
    [25, 17.5],
    [50, 25],
    [99, 39.7],
    [100, 40],
  ])('gives at %d %% the value interpolated between ranks', (share, expected) => {
    expect(percentile([40, 10, 30, 20], share)).toBeCloseTo(expected, 10)
  })

  it('gives the only value at every share', () => {
    expect([0, 37, 100].map((share) => percentile([7], share))).toEqual([7, 7, 7])
  })

  it.each([-1, 101, Number.NaN])('refuses the share %d', (share) => {
    expect(() => percentile([1], share)).toThrow(RangeError)
  })

  it('refuses no values', () => {
    expect(() => percentile([], 50)).toThrow(RangeError)
  })
})

describe('summarize', () => {
  it('gives the median and the range', () => {
    expect(summarize([5, 1, 9, 3, 7])).toEqual({ median: 5, min: 1, max: 9 })
  })
})
