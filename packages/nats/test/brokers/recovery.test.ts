import { defineTask } from '@bananasjs/core'
import { connect } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cutConnection } from './conformance-harness.ts'
import { admin, appOn, message, server, transportOn, until } from './fixtures.ts'

const add = defineTask<number, number>('add', { retry: false })
const PATIENCE = { timeout: 120_000 }

describe('a worker', () => {
  test('goes on by itself after its server was gone for seconds, and nothing is lost', PATIENCE, async () => {
    const nats = await server()
    const { app, worker, errors, transport } = appOn(nats.url)
    const ran: number[] = []
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await worker({ concurrency: 5 })
      .handle(add, async (n) => {
        ran.push(n)
        if (n >= 100) await held
        return n + 1
      })
      .start()
    expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
    const inFlight = await app.enqueueMany(add, [100, 101, 102])
    const later = await app.enqueue(add, 10, { delay: '1s' })
    await until('three tasks run', () => ran.filter((n) => n >= 100).length === 3)
    const gone = new Promise<void>((resolve) => {
      transport.broker.onNotice?.(({ kind }) => kind === 'disconnected' && resolve())
    })
    await nats.kill()
    await gone
    release()
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await nats.start()
    expect(await later.result({ timeout: '30s' })).toBe(11)
    for (const [index, job] of inFlight.entries())
      expect(await job.result({ timeout: '30s' })).toBe(101 + index)
    expect(await (await app.enqueue(add, 20)).result({ timeout: '20s' })).toBe(21)
    expect(errors.every(({ code }) => code === 'CONNECTION_LOST' || code === 'LEASE_LOST')).toBe(true)
    await until('nothing is left', async () => {
      const { ready, delayed = 0, leased = 0 } = await app.queues.inspect('default')
      return ready + delayed + leased === 0
    })
  })

  test('receives again each of fifty times its connection is cut in mid-fetch', PATIENCE, async () => {
    const { url } = await server()
    const { app } = appOn(url)
    const cut = appOn(url)
    const worker = cut.worker({ lease: '1s' }).handle(add, (n) => n + 1)
    await worker.start()
    for (let round = 0; round < 50; round += 1) {
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, round % 7))
      cutConnection(cut.transport)
      const job = await app.enqueue(add, round)
      expect(await job.result({ timeout: '20s' })).toBe(round + 1)
    }
    expect(['idle', 'running']).toContain(worker.health().status)
  })
})

test(
  'a publish whose connection is cut under it is stored once, not lost and not doubled',
  PATIENCE,
  async () => {
    const { url } = await server()
    const cut = transportOn(url)
    const { broker } = transportOn(url)
    await cut.broker.open()
    const messages = Array.from({ length: 200 }, (_, index) => message({ id: `of 200, ${index}` }))
    for (const one of messages) {
      const publishing = cut.broker.publish('q', [one])
      if (Number(one.id.split(', ')[1]) % 10 === 0) cutConnection(cut)
      expect(await publishing).toEqual([])
    }
    expect((await broker.inspect!('q')).ready).toBe(messages.length)
  },
)

test('a batch that is under way when the server ends the connection is stored once', PATIENCE, async () => {
  const nats = await server()
  const { broker } = transportOn(nats.url)
  await broker.open()
  const batches = Array.from({ length: 5 }, () => Array.from({ length: 200 }, () => message()))
  const publishing = batches.map((batch) => broker.publish('q', batch))
  // A restart ends all connections from the server's side, whatever is half-way.
  await nats.kill()
  await nats.start()
  expect(await Promise.all(publishing)).toEqual(batches.map(() => []))
  expect((await broker.inspect!('q')).ready).toBe(1000)
})

test('a server that stops answering is given up in time, and used again', PATIENCE, async () => {
  const nats = await server()
  const { broker } = transportOn(nats.url, { commandMs: 500, recoveryMs: 500 })
  const tryToPublish = (): Promise<unknown> =>
    broker.publish('q', [message()]).catch((reason: unknown) => reason)
  await tryToPublish()
  process.kill(nats.pid(), 'SIGSTOP')
  // It stops when the system gets to it, which may be after an answer or two.
  let startedAt = 0
  let outcome: unknown = []
  while (Array.isArray(outcome)) {
    startedAt = performance.now()
    outcome = await tryToPublish()
  }
  expect(outcome).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  process.kill(nats.pid(), 'SIGCONT')
  await until('it publishes again', async () => Array.isArray(await tryToPublish()))
})

test('a stream that is deleted under its users is made again', PATIENCE, async () => {
  const { url } = await server()
  const { broker } = transportOn(url)
  const { api } = await admin(url)
  await broker.publish('q', [message()])
  const consumer = await broker.consume('q', { leaseMs: 15_000, prefetch: 10 })
  expect(await consumer.receive(1, { waitMs: 5000 })).toHaveLength(1)
  await api('STREAM.DELETE.bananas-queues')
  const waiting = consumer.receive(1, { waitMs: 30_000 })
  expect(await broker.publish('q', [message({ id: 'in the new one' })])).toEqual([])
  const [delivery] = await waiting
  expect(delivery?.message.id).toBe('in the new one')
})

test(
  'delayed tasks come when their time does, also after what looks after them was deleted',
  PATIENCE,
  async () => {
    const { url } = await server()
    const { app, worker } = appOn(url)
    const { api } = await admin(url)
    await worker()
      .handle(add, (n) => n + 1)
      .start()
    const first = await app.enqueue(add, 1, { delay: 100 })
    expect(await first.result({ timeout: '10s' })).toBe(2)
    const later = await app.enqueue(add, 10, { delay: 2000 })
    await api('CONSUMER.DELETE.bananas-delayed.delayed_default')
    expect(await later.result({ timeout: '20s' })).toBe(11)
  },
)

test(
  'leases named while a task runs keep it from others beyond the patience of the server',
  PATIENCE,
  async () => {
    const { url } = await server()
    const { broker } = transportOn(url)
    await broker.publish('q', [message()])
    const holder = await broker.consume('q', { leaseMs: 12_000, prefetch: 10 })
    const other = await broker.consume('q', { leaseMs: 12_000, prefetch: 10 })
    const startedAt = performance.now()
    const [held] = await holder.receive(1, { waitMs: 5000 })
    expect(held?.deliveries).toBe(1)
    const [again] = await other.receive(1, { waitMs: 30_000 })
    const tookMs = performance.now() - startedAt
    expect(again?.deliveries).toBe(2)
    expect(tookMs).toBeGreaterThanOrEqual(11_999)
  },
)

describe('servers that choose a leader', () => {
  /** A server without JetStream, where this plays its part: it throws the first questions away, as servers without a leader do. */
  async function forgetful(thrownAway: number): Promise<{ url: string; asked: () => number }> {
    const { url } = await server({ jetstream: false })
    const connection = await connect({ servers: url })
    onTestFinished(() => connection.close())
    let asked = 0
    connection.subscribe('$JS.API.STREAM.INFO.*', {
      callback(_error, question) {
        asked += 1
        if (asked > thrownAway) question.respond(JSON.stringify({ error: { code: 404, err_code: 10_059 } }))
      },
    })
    await connection.flush()
    return { url, asked: () => asked }
  }

  test('are asked again before the time for an answer is over', async () => {
    const { url, asked } = await forgetful(2)
    const { broker } = transportOn(url, { streams: 'never', commandMs: 20_000 })
    const startedAt = performance.now()
    await expect(broker.open()).rejects.toThrow('has no stream')
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(asked()).toBeGreaterThanOrEqual(3)
  })

  test('are not waited for by who has given up', async () => {
    const { url } = await forgetful(Infinity)
    const { broker } = transportOn(url, { streams: 'never', commandMs: 30_000 })
    const impatience = AbortSignal.timeout(1500)
    const startedAt = performance.now()
    await expect(broker.inspect!('q', { signal: impatience })).rejects.toThrow('aborted due to timeout')
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})
