import { describe, expect, it } from 'vitest'
import type { ResultBackend } from '../../src/contract/index.ts'
import { defineTask, QueueError } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const task = defineTask<string, string>('task')

describe('unique', () => {
  it("answers the second with the first one's handle", async () => {
    const { app } = testApp()
    const first = await app.enqueue(task, 'a', { unique: { key: 'k' } })
    const second = await app.enqueue(task, 'b', { unique: { key: 'k' } })
    expect(second).toMatchObject({ id: first.id, duplicate: true })
    expect(first.duplicate).toBe(false)
    expect((await app.queues.inspect('default')).ready).toBe(1)
  })

  it('takes the input for the key when none is given', async () => {
    const { app } = testApp()
    await app.enqueue(task, 'a', { unique: {} })
    expect((await app.enqueue(task, 'a', { unique: {} })).duplicate).toBe(true)
    expect((await app.enqueue(task, 'b', { unique: {} })).duplicate).toBe(false)
  })

  it('refuses the second when asked to', async () => {
    const { app } = testApp()
    const first = await app.enqueue(task, 'a', { unique: { key: 'k', mode: 'reject' } })
    await expect(app.enqueue(task, 'b', { unique: { key: 'k', mode: 'reject' } })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(first.id) as string,
    })
  })

  it('lets the newest replace an unstarted one', async () => {
    const { app, worker } = testApp()
    const old = await app.enqueue(task, 'old', { unique: { key: 'k', mode: 'replace' } })
    const fresh = await app.enqueue(task, 'new', { unique: { key: 'k', mode: 'replace' } })
    const ran: string[] = []
    await worker()
      .handle(task, (input) => {
        ran.push(input)
        return input
      })
      .start()
    expect(await fresh.result()).toBe('new')
    await expect(old.result()).rejects.toThrow(/replaced/)
    expect(ran).toEqual(['new'])
  })

  it('holds until the first has finished, whatever its end', async () => {
    const { app, worker } = testApp()
    const fails = defineTask<string>('fails', { retry: false })
    await worker()
      .handle(fails, () => {
        throw new Error('no')
      })
      .start()
    const first = await app.enqueue(fails, 'a', { unique: { key: 'k' } })
    await first.result().catch(() => {})
    expect((await app.enqueue(fails, 'a', { unique: { key: 'k' } })).duplicate).toBe(false)
  })

  it('holds only until the start when asked to', async () => {
    const { app, worker } = testApp()
    let release!: () => void
    const gate = new Promise<void>((resolve) => (release = resolve))
    let started = 0
    await worker()
      .handle(task, async () => {
        started += 1
        await gate
        return 'ok'
      })
      .start()
    await app.enqueue(task, 'a', { unique: { key: 'k', until: 'started' } })
    await until('it started', () => started === 1)
    expect((await app.enqueue(task, 'b', { unique: { key: 'k', until: 'started' } })).duplicate).toBe(false)
    release()
  })

  it('holds for a time, also after the end', async () => {
    const { app, worker } = testApp()
    await worker()
      .handle(task, () => 'ok')
      .start()
    const first = await app.enqueue(task, 'a', { unique: { key: 'k', for: 1500 } })
    await first.result()
    expect((await app.enqueue(task, 'a', { unique: { key: 'k', for: 1500 } })).duplicate).toBe(true)
    await until(
      'the time is over',
      async () => !(await app.enqueue(task, 'a', { unique: { key: 'k', for: 1500 } })).duplicate,
    )
  })

  it('lets exactly one of fifty simultaneous callers win', async () => {
    const { app } = testApp()
    const jobs = await Promise.all(
      Array.from({ length: 50 }, () => app.enqueue(task, 'a', { unique: { key: 'race' } })),
    )
    expect(new Set(jobs.map((job) => job.id)).size).toBe(1)
    expect(jobs.filter((job) => !job.duplicate)).toHaveLength(1)
    expect((await app.queues.inspect('default')).ready).toBe(1)
  })

  it('frees the key when the publish fails', async () => {
    const { app } = testApp({ transport: memory({ supports: { maxMessageBytes: 500 } }) })
    await expect(app.enqueue(task, 'x'.repeat(600), { unique: { key: 'k' } })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    expect((await app.enqueue(task, 'x', { unique: { key: 'k' } })).duplicate).toBe(false)
  })

  it('spends no attempt when the backend does not answer as the task starts', async () => {
    const transport = memory()
    const { results } = transport
    let down = false
    const failing = {
      name: results!.name,
      supports: results!.supports,
      open: () => results!.open(),
      close: () => results!.close(),
      [Symbol.asyncDispose]: () => results!.close(),
      put: (...given: Parameters<ResultBackend['put']>) => results!.put(...given),
      get: (...given: Parameters<ResultBackend['get']>) => results!.get(...given),
      arrive: (...given: Parameters<ResultBackend['arrive']>) => results!.arrive(...given),
      watch: (...given: Parameters<NonNullable<ResultBackend['watch']>>) => results!.watch!(...given),
      swap: async (...given: Parameters<ResultBackend['swap']>) => {
        if (down) throw new QueueError('CONNECTION_LOST', 'The backend is away.')
        return results!.swap(...given)
      },
    }
    const { app, worker } = testApp({ transport: { ...transport, results: failing } })
    const once = defineTask<string, number>('once', { retry: false })
    const job = await app.enqueue(once, 'a', { unique: { key: 'k' } })
    down = true
    await worker()
      .handle(once, (_, { attempt }) => attempt)
      .start()
    expect(await job.result()).toBe(1)
  })
})
