import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/runtime/sleep.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { virtualRuntime } from '../../src/testing/index.ts'

describe('virtualRuntime', () => {
  it('fires timers in order of time, letting promises settle in between', async () => {
    const runtime = virtualRuntime()
    const seen: string[] = []
    runtime.setTimer(() => seen.push('late'), 2000)
    runtime.setTimer(() => void Promise.resolve().then(() => seen.push('after early')), 1000)
    runtime.setTimer(() => seen.push('never'), 1500).cancel()
    await runtime.advance(1999)
    expect(seen).toEqual(['after early'])
    await runtime.advance(1)
    expect(seen).toEqual(['after early', 'late'])
    expect(runtime.pending).toBe(0)
  })

  it('repeats its randomness and ids by seed', () => {
    const draw = (seed: number): unknown[] => {
      const runtime = virtualRuntime({ seed })
      return [runtime.random(), runtime.random(), runtime.id()]
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
})

describe('sleep', () => {
  it('rejects with the reason of an abort, before and during', async () => {
    const runtime = virtualRuntime()
    const reason = new Error('enough')
    await expect(sleep(runtime, 1000, AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const sleeping = sleep(runtime, 1000, controller.signal)
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(runtime.pending).toBe(0)
  })
})

describe('systemRuntime', () => {
  it('waits for delays beyond 2^31 ms instead of firing at once', async () => {
    let fired = false
    const timer = systemRuntime.setTimer(() => (fired = true), 2 ** 31 + 1000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(fired).toBe(false)
    timer.cancel()
  })
})
