import { describe, expect, it } from 'vitest'
import { provesShare, triesToProve, wilson } from '../../src/index.ts'

describe('statistics', () => {
  it('claims 99.9 % from 2,995 tasks without a failure on, and not one task earlier', () => {
    expect(triesToProve(0.999)).toBe(2995)
    expect(provesShare(0, 2995, 0.999)).toBe(true)
    expect(provesShare(0, 2994, 0.999)).toBe(false)
    expect(provesShare(1, 2995, 0.999)).toBe(false)
  })

  it('does not take 9,995 of 10,000 for a proof of 99.95 %', () => {
    const { low, high } = wilson(9995, 10_000)
    expect(low).toBeCloseTo(0.99883, 5)
    expect(high).toBeCloseTo(0.99979, 5)
    expect(provesShare(5, 10_000, 0.9995)).toBe(false)
    expect(provesShare(5, 10_000, 0.998)).toBe(true)
  })

  it('knows nothing of no tasks', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
    expect(provesShare(0, 0, 0.5)).toBe(false)
  })

  it('does not underflow for a million tasks', () => {
    expect(provesShare(900, 1_000_000, 0.999)).toBe(true)
    expect(provesShare(1100, 1_000_000, 0.999)).toBe(false)
  })
})
