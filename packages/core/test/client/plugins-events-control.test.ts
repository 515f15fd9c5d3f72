import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import type { Plugin, QueueEvent } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const task = defineTask<number, number>('task', { retry: false })

describe('plugins', () => {
  it('form an onion around enqueue and run, the first outermost', async () => {
    const seen: string[] = []
    const layer = (name: string): Plugin => ({
      name,
      async enqueue(request, next) {
        seen.push(`${name} enqueues`)
        return next({
          ...request,
          options: { ...request.options, headers: { ...request.options.headers, [name]: 'was here' } },
        })
      },
      async execute(context, next) {
        seen.push(`${name} before`)
        try {
          return ((await next()) as number) + 1
        } finally {
          seen.push(`${name} after`)
        }
      },
      worker: (worker) => {
        seen.push(`${name} joins ${worker.queues.join()}`)
        return () => void seen.push(`${name} leaves`)
      },
    })
    const { app, worker } = testApp({ plugins: [layer('outer'), layer('inner')] })
    const running = worker()
    await running
      .handle(task, (n, { headers }) => (headers['outer'] === headers['inner'] ? n * 10 : 0))
      .start()
    expect(await (await app.enqueue(task, 1)).result()).toBe(12)
    await running.stop()
    expect(seen).toEqual([
      'outer joins default',
      'inner joins default',
      'outer enqueues',
      'inner enqueues',
      'outer before',
      'inner before',
      'inner after',
      'outer after',
      'outer leaves',
      'inner leaves',
    ])
  })

  it('may refuse an enqueue, answer in its place, or fail a run', async () => {
    const gate: Plugin = {
      name: 'gate',
      enqueue: (request, next) =>
        request.input === 0
          ? Promise.reject(new Error('not zero'))
          : request.input === 1
            ? Promise.resolve({ id: 'elsewhere', duplicate: true })
            : next(request),
      execute: () => Promise.reject(new Error('closed today')),
    }
    const { app, worker } = testApp({ plugins: [gate] })
    await worker()
      .handle(task, (n) => n)
      .start()
    await expect(app.enqueue(task, 0)).rejects.toThrow('not zero')
    expect(await app.enqueue(task, 1)).toMatchObject({ id: 'elsewhere', duplicate: true })
    await expect((await app.enqueue(task, 2)).result()).rejects.toThrow('closed today')
  })
})

describe('events', () => {
  it('tell the life of a task while somebody listens, numbered without gaps', async () => {
    const { app, worker } = testApp()
    const running = worker()
    await running
      .handle(task, (n) => {
        if (n === 2) throw new Error('two')
        return n
      })
      .start()
    const controller = new AbortController()
    const events: QueueEvent[] = []
    const reading = (async () => {
      for await (const event of app.events({ signal: controller.signal })) events.push(event)
    })()
    await until('the worker heard that somebody listens', async () => {
      await (await app.enqueue(task, 1)).result()
      return events.some((event) => event.type === 'task.succeeded')
    })
    await (await app.enqueue(task, 2)).result().catch(() => {})
    await until('the failure is told', () => events.some((event) => event.type === 'task.dead'))
    controller.abort()
    await reading.catch(() => {})
    const types = events.map((event) => event.type)
    expect(types).toEqual(
      expect.arrayContaining(['task.received', 'task.started', 'task.succeeded', 'task.failed', 'task.dead']),
    )
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => events[0]!.seq + index))
    expect(events.every((event) => event.source === running.id)).toBe(true)
  })
})

describe('control', () => {
  it('pings, inspects, pauses, resumes, sets concurrency and shuts down', async () => {
    const { app, worker } = testApp()
    const running = worker({ id: 'w1' })
    await running.handle(task, (n) => n).start()
    expect(await app.control.send('ping', { to: ['w1'], wait: '10s' })).toEqual([
      { command: 'ping', worker: 'w1', value: 'pong' },
    ])
    expect((await app.control.send('inspect', { to: ['w1'], wait: '10s' }))[0]?.value).toMatchObject({
      id: 'w1',
      tasks: ['task'],
      concurrency: 10,
    })
    await app.control.send('concurrency', { to: ['w1'], wait: '10s', args: { value: 3 } })
    expect(running.concurrency).toBe(3)
    await app.control.send('pause', { to: ['w1'], wait: '10s' })
    expect(running.health().status).toBe('paused')
    await app.control.send('resume', { to: ['w1'], wait: '10s', args: { queue: 'default' } })
    expect(running.health().status).toBe('idle')
    expect(
      (await app.control.send('concurrency', { to: ['w1'], wait: '10s', args: { value: -1 } }))[0]?.error,
    ).toMatch(/concurrency/)
    expect((await app.control.send('make coffee' as never, { to: ['w1'], wait: '10s' }))[0]?.error).toMatch(
      /accepts: ping/,
    )
    await app.control.send('shutdown', { to: ['w1'], wait: '10s' })
    await until('it stopped', () => running.health().status === 'stopped')
  })

  it('refuses unsigned, forged and replayed commands when there is a secret', async () => {
    const transport = memory()
    const { app, worker, errors } = testApp({ transport, secret: 's3cret' })
    await worker({ id: 'w1' }).start()
    const heard: Uint8Array[] = []
    const spy = await transport.channel!.listen(['bananas.control'])
    void (async () => {
      for await (const { payload } of spy) heard.push(payload)
    })()
    expect(await app.control.send('ping', { to: ['w1'], wait: '10s' })).toHaveLength(1)
    await until('the command was overheard', () => heard.length > 0)
    const signed = heard[0]!
    const parsed = JSON.parse(Buffer.from(signed).toString()) as Record<string, unknown>
    const refused = async (payload: unknown): Promise<string> => {
      const before = errors.length
      await transport.channel!.broadcast(
        'bananas.control',
        Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      )
      await until('it is refused', () => errors.length > before)
      return errors.at(-1)!.message
    }
    expect(await refused(parsed)).toMatch(/replayed/)
    expect(await refused({ ...parsed, command: 'shutdown' })).toMatch(/signature/)
    expect(await refused({ ...parsed, signature: undefined })).toMatch(/signature/)
    expect(await refused({ ...parsed, signature: 'short' })).toMatch(/signature/)
    expect(await refused('{')).toMatch(/not a command/)
    expect(await refused({ command: 'ping', id: 5, at: 0 })).toMatch(/not a command/)
    await spy[Symbol.asyncDispose]()
  })
})
