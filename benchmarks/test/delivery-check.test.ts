import { describe, expect, it } from 'vitest'
import { complaint, DeliveryCheck } from '../delivery-check.ts'

function checkOf(expected: number, runs: readonly number[]): DeliveryCheck {
  const check = new DeliveryCheck(expected)
  for (const n of runs) check.ran(n)
  return check
}

describe('DeliveryCheck', () => {
  it('has nothing to complain about when each task ran once, in any order', () => {
    const verdict = checkOf(4, [2, 0, 3, 1]).verdict()
    expect(verdict).toEqual({ expected: 4, missing: 0, duplicates: 0, strangers: 0 })
    expect(complaint(verdict)).toBeUndefined()
  })

  it('finds a lost task', () => {
    const verdict = checkOf(4, [0, 1, 3]).verdict()
    expect(verdict.missing).toBe(1)
    expect(complaint(verdict)).toBe('of 4 tasks, 1 never ran')
  })

  it('finds a task that ran twice', () => {
    expect(complaint(checkOf(3, [0, 1, 1, 2]).verdict())).toBe('of 3 tasks, 1 runs were repeats')
  })

  it('does not let a repeat hide a loss', () => {
    expect(checkOf(3, [0, 1, 1]).verdict()).toMatchObject({ missing: 1, duplicates: 1 })
  })

  it('counts every repeat, beyond what a byte holds', () => {
    const runs = Array.from({ length: 1000 }, () => 0)
    expect(checkOf(1, runs).verdict()).toMatchObject({ missing: 0, duplicates: 999 })
  })

  it.each([-1, 3, 0.5, Number.NaN])('finds a run of %d, which was never enqueued', (n) => {
    expect(checkOf(3, [0, 1, 2, n]).verdict()).toEqual({
      expected: 3,
      missing: 0,
      duplicates: 0,
      strangers: 1,
    })
  })

  it('is complete at the last distinct task, not at the last expected run', async () => {
    const check = checkOf(2, [0, 0])
    let complete = false
    void check.complete.then(() => (complete = true))
    await Promise.resolve()
    expect(complete).toBe(false)
    check.ran(1)
    await check.complete
    expect(complete).toBe(true)
  })
})
