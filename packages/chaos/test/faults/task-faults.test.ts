import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { QueueError } from '@bananasjs/core'
import { virtualRuntime } from '@bananasjs/core/testing'
import { describe, expect, it } from 'vitest'
import { memoryHeld } from '../../src/faults/strain.ts'
import { ChaosController } from '../../src/index.ts'
import { echo, echoing, stage, until } from './stage.ts'

const WAIT = { timeout: '20s' } as const

describe('task faults', () => {
  it('task.throw throws an error of the wanted class, and no more once it is over', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const fault = on.arm({ kind: 'task.throw', error: { name: 'RangeError', message: 'no', code: 'E1' } })
    const failed = await app.enqueue(echo, 'a', { retryLimit: 0 })
    const error = await failed.result(WAIT).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      cause: { name: 'RangeError', message: 'no', code: 'E1' },
    })
    expect(fault.bites()).toMatchObject({ count: 1, victims: [failed.id] })
    await fault.disarm()
    expect(await (await app.enqueue(echo, 'b')).result(WAIT)).toBe('b')
    expect(fault.bites().count).toBe(1)
  })

  it('task.throw at a rate hits the same tasks whenever the seed is the same', async () => {
    const hit = async (seed: number): Promise<readonly string[]> => {
      const on = stage()
      const { app } = await echoing(on)
      on.chaos.arm({ kind: 'task.throw', rate: 0.3 }, { forMs: 60_000, seed })
      const failed: string[] = []
      for (let n = 0; n < 60; n += 1) {
        const job = await app.enqueue(echo, 'x', { retryLimit: 0, headers: { 'chaos-key': String(n) } })
        await job.result(WAIT).catch(() => failed.push(String(n)))
      }
      return failed
    }
    const first = await hit(7)
    expect(first.length).toBeGreaterThan(5)
    expect(first.length).toBeLessThan(35)
    expect(await hit(7)).toEqual(first)
    expect(await hit(8)).not.toEqual(first)
  })

  it('hits only what matches: task, queue, key and attempt', async () => {
    const on = stage()
    const { app, runs } = await echoing(on, { queues: ['default', 'other'] })
    on.arm({ kind: 'task.throw', match: { queue: 'oth*', attempt: 1 } })
    expect(await (await app.enqueue(echo, 'a')).result(WAIT)).toBe('a')
    expect(runs.at(-1)?.attempt).toBe(1)
    expect(await (await app.enqueue(echo, 'b', { queue: 'other' })).result(WAIT)).toBe('b')
    expect(runs.at(-1)?.attempt).toBe(2)
  })

  it('task.hang holds a handler until the fault ends', async () => {
    const on = stage()
    const { app, runs } = await echoing(on)
    const fault = on.arm({ kind: 'task.hang' })
    const job = await app.enqueue(echo, 'a')
    await until('it hangs', () => fault.bites().count === 1)
    expect(runs).toHaveLength(0)
    await fault.disarm()
    expect(await job.result(WAIT)).toBe('a')
  })

  it('task.hang ends by itself when its time is over, though nobody ends it', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const fault = on.arm({ kind: 'task.hang' }, 2000)
    expect(await (await app.enqueue(echo, 'a')).result(WAIT)).toBe('a')
    expect(fault.bites().count).toBe(1)
    expect(on.chaos.idle).toBe(true)
  })

  it('task.slow delays by a distribution, within its bounds', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const fault = on.arm({ kind: 'task.slow', by: { from: 80, to: 120 } })
    const startedAt = performance.now()
    await (await app.enqueue(echo, 'a')).result(WAIT)
    expect(performance.now() - startedAt).toBeGreaterThan(75)
    await fault.disarm()
  })

  it('task.timeout ends an attempt as its time limit would', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const fault = on.arm({ kind: 'task.timeout', limit: 1 })
    const job = await app.enqueue(echo, 'a', { retryLimit: 0 })
    await expect(job.result(WAIT)).rejects.toMatchObject({ cause: { code: 'TASK_TIMEOUT' } })
    expect(await (await app.enqueue(echo, 'b')).result(WAIT)).toBe('b')
    expect(fault.bites().count).toBe(1)
  })

  it('task.lose-result and task.wrong-result change what is returned, after the handler ran', async () => {
    const on = stage()
    const { app, runs } = await echoing(on)
    const lost = on.arm({ kind: 'task.lose-result' })
    expect(await (await app.enqueue(echo, 'a')).result(WAIT)).not.toBe('a')
    await lost.disarm()
    const wrong = on.arm({ kind: 'task.wrong-result', value: 'b' })
    expect(await (await app.enqueue(echo, 'a')).result(WAIT)).toBe('b')
    await wrong.disarm()
    expect(await (await app.enqueue(echo, 'a')).result(WAIT)).toBe('a')
    expect(runs).toHaveLength(3)
  })

  it('task.block blocks the event loop for its time', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const fault = on.arm({ kind: 'task.block', for: 150, limit: 1 })
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    await (await app.enqueue(echo, 'a')).result(WAIT)
    clearInterval(beat)
    expect(longest).toBeGreaterThan(140)
    expect(fault.bites().count).toBe(1)
  })

  it('task.burn uses up processor time beside the handler, and stops when it is over', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const before = process.cpuUsage()
    const fault = on.arm({ kind: 'task.burn', for: '30s', limit: 1 })
    await (await app.enqueue(echo, 'a')).result(WAIT)
    await until('processor time is used', () => process.cpuUsage(before).user > 300_000)
    await fault.disarm()
  })

  it('task.leak keeps memory, at most so much, until it is over', async () => {
    const on = stage()
    const { app } = await echoing(on)
    const megabyte = 1024 ** 2
    const fault = on.arm({ kind: 'task.leak', bytes: 8 * megabyte, most: 20 * megabyte })
    for (let n = 0; n < 5; n += 1) await (await app.enqueue(echo, 'a')).result(WAIT)
    expect(memoryHeld()).toBe(20 * megabyte)
    await fault.disarm()
    expect(memoryHeld()).toBe(0)
  })

  it('task.exhaust holds memory only while the handler runs', async () => {
    const on = stage()
    const { app, worker } = await echoing(on)
    let seen = 0
    const look = (await import('./stage.ts')).echo
    expect(worker.tasks).toContain(look.name)
    on.arm({ kind: 'task.exhaust', bytes: 32 * 1024 ** 2 })
    const slow = on.arm({ kind: 'task.hang' })
    const job = await app.enqueue(echo, 'a')
    await until('it holds memory', () => (seen = memoryHeld()) > 0)
    expect(seen).toBe(32 * 1024 ** 2)
    await slow.disarm()
    await job.result(WAIT)
    expect(memoryHeld()).toBe(0)
  })

  it('task.crash kills the process in the handler, and only one that is there to die', async () => {
    const child = spawn(process.execPath, [
      '--no-warnings',
      new URL('crash-process.ts', import.meta.url).pathname,
    ])
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
    const chaos = new ChaosController({ enabled: true })
    expect(() => chaos.arm({ kind: 'task.crash' }, { forMs: 1000 })).toThrow(/may not be crashed/)
  })

  it('clock.skew moves the wall clock of the application, and back', async () => {
    const on = stage()
    const skewed = on.chaos.skewed
    const fault = on.arm({ kind: 'clock.skew', by: '1h' })
    expect(skewed.now() - Date.now()).toBeGreaterThan(3_500_000)
    await fault.disarm()
    expect(Math.abs(skewed.now() - Date.now())).toBeLessThan(60_000)
    const back = on.arm({ kind: 'clock.skew', by: '1h', back: true })
    expect(Date.now() - skewed.now()).toBeGreaterThan(3_500_000)
    await back.disarm()
  })

  it('is off unless it was enabled', () => {
    const chaos = new ChaosController({ enabled: false })
    expect(() => chaos.arm({ kind: 'task.throw' }, { forMs: 1000 })).toThrow(QueueError)
    expect(() => chaos.arm({ kind: 'task.throw' }, { forMs: 1000 })).toThrow(/Chaos is off/)
  })

  it('refuses rates outside 0 to 1, unknown kinds and faults of other layers, and says what was meant', () => {
    const { chaos } = stage()
    const arm = (fault: object) => () => chaos.arm(fault as never, { forMs: 1000 })
    expect(arm({ kind: 'task.throw', rate: 1.5 })).toThrow(/rate.*from 0 to 1.*1.5/)
    expect(arm({ kind: 'task.trow' })).toThrow(/Did you mean "task.throw"/)
    expect(arm({ kind: 'task.slow', bye: 5 })).toThrow(/Did you mean "by"/)
    expect(arm({ kind: 'task.slow' })).toThrow(/needs "by"/)
    expect(arm({ kind: 'link.reset' })).toThrow(/only at a link/)
    expect(() => chaos.arm({ kind: 'task.throw' }, { forMs: Infinity })).toThrow(/needs an end/)
  })

  it('keeps to the blast radius: listed tasks and a share of them, sticky by key', async () => {
    const { chaos } = stage()
    const fault = chaos.arm(
      { kind: 'task.throw' },
      { forMs: 60_000, blast: { tasks: ['image.*'], never: ['image.pay'], share: 0.2 } },
    )
    const hit = (task: string, key: string, attempt = 1) => fault.bite({ task, key, attempt })
    const keys = Array.from({ length: 1000 }, (_, n) => String(n))
    const victims = keys.filter((key) => hit('image.resize', key))
    expect(victims.length).toBeGreaterThan(140)
    expect(victims.length).toBeLessThan(260)
    expect(keys.filter((key) => hit('image.resize', key, 2))).toEqual(victims)
    expect(keys.some((key) => hit('mail.send', key) || hit('image.pay', key))).toBe(false)
    expect(fault.bite({ method: 'broker.publish' })).toBe(false)
  })

  it('keeps to its schedule: after, every and for', async () => {
    const runtime = virtualRuntime()
    const { chaos } = stage({ runtime })
    const schedule = { after: 60, every: 200, for: 60 }
    const fault = chaos.arm({ kind: 'task.throw', schedule }, { forMs: 60_000 })
    const seen: number[] = []
    for (let ms = 0; ms < 600; ms += 1) {
      if (fault.bite({ task: 'a' })) seen.push(ms)
      await runtime.advance(1)
    }
    const periods = [60, 260, 460]
    expect(seen).toEqual(
      periods.flatMap((from) => Array.from({ length: schedule.for }, (_, ms) => from + ms)),
    )
  })
})
