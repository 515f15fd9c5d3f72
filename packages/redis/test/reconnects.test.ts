import { afterEach, expect, test, vi } from 'vitest'
import { Reconnects } from '../src/redis-reconnects.ts'

afterEach(() => void vi.useRealTimers())

test('a connection that ended at once is waited for, one that lasted is made anew soon', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const reconnects = new Reconnects()
  const pauseOnceReady = (lastedMs: number): number => {
    reconnects.ready()
    vi.advanceTimersByTime(lastedMs)
    return reconnects.pauseMs(1)
  }
  expect(reconnects.pauseMs(1)).toBeLessThanOrEqual(50)
  expect(pauseOnceReady(5000)).toBeLessThanOrEqual(50)
  expect(pauseOnceReady(10)).toBeGreaterThanOrEqual(50)
  for (let flap = 0; flap < 5; flap += 1) {
    const pauseMs = pauseOnceReady(10)
    expect(pauseMs).toBeGreaterThanOrEqual(100)
    expect(pauseMs).toBeLessThanOrEqual(200)
  }
  expect(reconnects.pauseMs(20)).toBeLessThanOrEqual(2000)
  expect(pauseOnceReady(5000)).toBeLessThanOrEqual(50)
})
