import { expect, test } from 'vitest'
import { Reconnects } from '../../src/runtime/reconnects.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'

function stage(random: number) {
  let now = 0
  const reconnects = new Reconnects({ ...systemRuntime, monotonic: () => now, random: () => random })
  const after = (lastedMs: number): number => {
    reconnects.ready()
    now += lastedMs
    return reconnects.pauseMs()
  }
  return { after, failed: () => reconnects.pauseMs() }
}

test('pauses double while nothing can be reached, up to two seconds, and up to a half of each is chance', () => {
  const [longest, shortest] = [stage(1), stage(0)]
  const ceilings = [50, 100, 200, 400, 800, 1600, 2000, 2000]
  expect(ceilings.map(() => longest.failed())).toEqual(ceilings)
  expect(ceilings.map(() => shortest.failed())).toEqual(ceilings.map((ms) => ms / 2))
})

test('a connection that ended at once is waited for, one that lasted is made anew soon', () => {
  const { after, failed } = stage(1)
  expect(after(5000)).toBe(50)
  expect([after(10), after(10), after(10), after(10)]).toEqual([100, 200, 200, 200])
  expect(failed()).toBe(400)
  expect(after(10)).toBe(200)
  expect(after(1000)).toBe(50)
})
