import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retryDelayMs, retryPolicy } from '../../src/task/retry-policy.ts'

describe('retryDelayMs', () => {
  it.each([
    ['fixed', [100, 100, 100, 100]],
    ['linear', [100, 200, 300, 400]],
    ['exponential', [100, 200, 400, 800]],
  ] as const)('grows %s without jitter', (backoff, expected) => {
    const policy = retryPolicy({ backoff, delay: 100, jitter: false }, 'test')
    expect([1, 2, 3, 4].map((attempt) => retryDelayMs(policy, attempt, undefined, 0.7))).toEqual(expected)
  })

  it('asks a function, which may answer with text', () => {
    const policy = retryPolicy(
      { backoff: (attempt, error) => (error === 'slow' ? '1m' : attempt * 10), jitter: false },
      'test',
    )
    expect(retryDelayMs(policy, 3, 'fast', 0)).toBe(30)
    expect(retryDelayMs(policy, 3, 'slow', 0)).toBe(60_000)
  })

  it('stays between the jittered share and the longest wait, for every attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('fixed', 'linear', 'exponential' as const),
        (attempt, random, backoff) => {
          const policy = retryPolicy(
            { backoff: backoff as 'fixed', delay: 1000, maxDelay: '10m', jitter: 0.25 },
            'test',
          )
          const wait = retryDelayMs(policy, attempt, undefined, random)
          expect(wait).toBeGreaterThanOrEqual(750)
          expect(wait).toBeLessThanOrEqual(600_000)
          expect(Number.isInteger(wait)).toBe(true)
        },
      ),
    )
  })
})

describe('retryPolicy', () => {
  it('takes a limit alone, or none', () => {
    expect(retryPolicy(7, 'test').limit).toBe(7)
    expect(retryPolicy(false, 'test').limit).toBe(0)
    expect(retryPolicy(undefined, 'test').limit).toBe(3)
  })

  it.each([
    [{ limit: -1 }],
    [{ limit: 1.5 }],
    [{ limit: NaN }],
    [{ backoff: 'quadratic' }],
    [{ jitter: 2 }],
    [{ jitter: NaN }],
    [{ delay: 'soon' }],
    [{ maxDelay: -1 }],
  ])('refuses %j', (options) => {
    expect(() => retryPolicy(options as never, 'Task "x"')).toThrow(/Task "x"/)
  })
})
