import { describe, expect, it } from 'vitest'
import { defineTask, QueueError } from '../../src/index.ts'
import type { EndedTask, Plugin, PluginHost } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const task = defineTask<number, number>('task', { retry: false })

function recorder(finish?: (ended: readonly EndedTask[]) => Promise<void>): {
  readonly plugin: Plugin
  readonly ended: EndedTask[]
  readonly batches: number[]
} {
  const ended: EndedTask[] = []
  const batches: number[] = []
  const plugin: Plugin = {
    name: 'recorder',
    async finish(batch) {
      await finish?.(batch)
      batches.push(batch.length)
      ended.push(...batch)
    },
  }
  return { plugin, ended, batches }
}

describe('a plugin that wants to know how tasks end', () => {
  it('hears of success, failure, discarding, expiry, revocation, unknown and unreadable tasks', async () => {
    const transport = memory()
    const { plugin, ended } = recorder()
    const { app, worker } = testApp({ transport, plugins: [plugin] })
    const revoked = await app.enqueue(task, 9, { id: 'revoked' })
    await revoked.revoke()
    await app.enqueue(task, 1, { id: 'succeeded' })
    await app.enqueue(task, 2, { id: 'failed' })
    await app.enqueue(task, 3, { id: 'discarded' })
    await app.enqueue(task, 4, { id: 'expired', expires: 0 })
    const message = { body: new Uint8Array(0), priority: 50, delayMs: 0 }
    await transport.broker.publish('default', [
      { ...message, id: 'unreadable', headers: {} },
      {
        ...message,
        id: 'unknown',
        headers: { 'bananas-task': 'stranger', 'bananas-unknown-times': '10' },
      },
    ])
    await worker()
      .handle(task, (n, context) => {
        if (n === 2) throw new Error('two')
        return n === 3 ? context.discard('three') : n * 10
      })
      .start()
    await until('all have ended', () => ended.length === 7)
    const states = Object.fromEntries(ended.map(({ id, state }) => [id, state]))
    expect(states).toEqual({
      succeeded: 'succeeded',
      failed: 'failed',
      discarded: 'failed',
      expired: 'expired',
      revoked: 'cancelled',
      unreadable: 'failed',
      unknown: 'failed',
    })
    expect(ended.find(({ id }) => id === 'succeeded')).toMatchObject({
      output: 10,
      attempt: 1,
      deliveries: 1,
    })
    expect(ended.find(({ id }) => id === 'failed')?.error?.message).toBe('two')
  })

  it('is not told of a retry, a postponement or a task that is given back', async () => {
    const { plugin, ended } = recorder()
    const { app, worker } = testApp({ plugins: [plugin] })
    const flaky = defineTask<undefined, string>('flaky', { retry: { limit: 1, delay: 1 } })
    await worker()
      .handle(flaky, (_, { attempt, deliveries, postpone }) => {
        if (deliveries === 1) return postpone(1)
        if (attempt === 1) throw new Error('once')
        return 'done'
      })
      .start()
    expect(await (await app.enqueue(flaky)).result()).toBe('done')
    await until('it is told', () => ended.length > 0)
    expect(ended.map(({ state, attempt }) => [state, attempt])).toEqual([['succeeded', 2]])
  })

  it('is called when results can be read, and before the message is settled', async () => {
    const transport = memory()
    const seen: unknown[] = []
    const { plugin } = recorder(async ([first]) => {
      const [record] = await transport.results!.get([first!.id])
      seen.push(record?.state, (await transport.broker.inspect!('default')).leased)
    })
    const { app, worker } = testApp({ transport, plugins: [plugin] })
    await worker()
      .handle(task, (n) => n)
      .start()
    await app.enqueue(task, 1)
    await until('it was called', () => seen.length === 2)
    expect(seen).toEqual(['succeeded', 1])
  })

  it('is told of a batch at once', async () => {
    const { plugin, batches, ended } = recorder()
    const { app, worker } = testApp({ plugins: [plugin] })
    const running = worker({ concurrency: 100 })
    await app.enqueueMany(
      task,
      Array.from({ length: 100 }, (_, n) => n),
    )
    await running.handle(task, (n) => n).start()
    await until('all have ended', () => ended.length === 100)
    expect(batches.length).toBeLessThan(10)
  })

  it('is asked again while it cannot reach its store; the tasks run once', async () => {
    let failures = 2
    const { plugin, ended } = recorder(async () => {
      if (failures-- > 0) throw new QueueError('CONNECTION_LOST', 'away')
    })
    const { app, worker, errors } = testApp({ plugins: [plugin] })
    let runs = 0
    await worker()
      .handle(task, (n) => {
        runs += 1
        return n
      })
      .start()
    await app.enqueue(task, 1)
    await until('it took note', () => ended.length === 1)
    expect({ runs, codes: errors.map(({ code }) => code) }).toEqual({
      runs: 1,
      codes: ['CONNECTION_LOST', 'CONNECTION_LOST'],
    })
  })

  it('that fails for good keeps the task unsettled, so that it comes again when its lease ends', async () => {
    let failures = 1
    const { plugin, ended } = recorder(async () => {
      if (failures-- > 0) throw new Error('a bug')
    })
    const { app, worker, errors } = testApp({ plugins: [plugin] })
    await worker({ lease: 150 })
      .handle(task, (n) => n)
      .start()
    await app.enqueue(task, 1)
    await until('it took note', () => ended.length === 1)
    expect(ended[0]?.deliveries).toBeGreaterThan(1)
    expect(errors.some(({ message }) => message.includes('plugin failed'))).toBe(true)
  })

  it('hears of a failure where the result was too large to be stored', async () => {
    const { plugin, ended } = recorder()
    const transport = memory({ results: { maxValueBytes: 1000 } })
    const { app, worker } = testApp({ transport, plugins: [plugin] })
    const large = defineTask<undefined, string>('large')
    await worker()
      .handle(large, () => 'x'.repeat(5000))
      .start()
    await app.enqueue(large)
    await until('it is told', () => ended.length === 1)
    expect(ended[0]).toMatchObject({ state: 'failed', error: { code: 'TOO_LARGE' } })
  })
})

describe('a plugin', () => {
  it('may hand another input on, which is checked like any other', async () => {
    const plugin: Plugin = { name: 'double', execute: (_, next) => next({ input: 21 }) }
    const { app, worker } = testApp({ plugins: [plugin] })
    await worker()
      .handle(task, (n) => n * 2)
      .start()
    expect(await (await app.enqueue(task, 1)).result()).toBe(42)
  })

  it('is given what the application has, once', async () => {
    const hosts: PluginHost[] = []
    const plugin: Plugin = { name: 'guest', attach: (host) => void hosts.push(host) }
    const { worker } = testApp({ plugins: [plugin], namespace: 'here' })
    await worker()
      .handle(task, (n) => n)
      .start()
    expect(hosts.map(({ namespace }) => namespace)).toEqual(['here'])
    await hosts[0]!.ready()
    const { id } = await hosts[0]!.enqueue({ task, input: 5, options: {} })
    await until(
      'the task has run',
      async () => (await hosts[0]!.results!.get([id]))[0]?.state === 'succeeded',
    )
  })

  it('that a task needs is missed: a worker without it gives the task back, and one with it runs it', async () => {
    const transport = memory()
    const without = testApp({ transport })
    const run: string[] = []
    await without
      .worker()
      .handle(task, (n) => {
        run.push('without')
        return n
      })
      .start()
    await without.app.enqueue(task, 1, { needs: 'guest' })
    await until('it was given back', async () => (await without.app.queues.inspect('default')).delayed === 1)
    const guest: Plugin = { name: 'guest', execute: (_, next) => next() }
    const { worker } = testApp({ transport, plugins: [guest] })
    await worker()
      .handle(task, (n) => {
        run.push('with')
        return n
      })
      .start()
    await until('it has run', () => run.length > 0, 15_000)
    expect(run).toEqual(['with'])
  }, 20_000)
})
