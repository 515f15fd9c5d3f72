import { describe, expect, it } from 'vitest'
import { confidenceOf } from '../../src/continuous/confidence.ts'
import { RollingWindow } from '../../src/continuous/rolling-window.ts'

describe('a rolling window', () => {
  it('forgets what is older than itself, and nothing younger', () => {
    let now = 0
    const window = new RollingWindow(60_000, () => now)
    window.add('succeeded', 5)
    now = 30_000
    window.add('dead')
    expect(window.read()).toEqual({ succeeded: 5, failed: 0, dead: 1, bites: 0 })
    now = 61_000
    expect(window.read()).toEqual({ succeeded: 0, failed: 0, dead: 1, bites: 0 })
    now = 200_000
    expect(window.read()).toEqual({ succeeded: 0, failed: 0, dead: 0, bites: 0 })
  })

  it('keeps sixty slots, however much is counted and however long', () => {
    let now = 0
    const window = new RollingWindow(60_000, () => now)
    for (; now < 10_000_000; now += 100) window.add('succeeded')
    expect(window.read().succeeded).toBeGreaterThanOrEqual(590)
    expect(window.read().succeeded).toBeLessThanOrEqual(600)
  })
})

describe('a confidence score', () => {
  it('is the lower end of the Wilson interval, which rises with the evidence', () => {
    const few = confidenceOf({ succeeded: 100, failed: 0, dead: 0, bites: 3 }, 0.999)
    const many = confidenceOf({ succeeded: 10_000, failed: 0, dead: 0, bites: 3 }, 0.999)
    expect(few.score).toBeCloseTo(0.963, 3)
    expect(many.score).toBeCloseTo(0.9996, 4)
    const broken = confidenceOf({ succeeded: 9_900, failed: 0, dead: 100, bites: 3 }, 0.999)
    expect(broken.score).toBeCloseTo(0.98786, 4)
  })

  it('is absent when nothing bit: quiet is no proof', () => {
    expect(confidenceOf({ succeeded: 10_000, failed: 0, dead: 0, bites: 0 }, 0.999).score).toBeUndefined()
    expect(confidenceOf({ succeeded: 0, failed: 0, dead: 0, bites: 5 }, 0.999).score).toBeUndefined()
  })
})
