import { defineTask } from '@bananasjs/core'
import type { Broker } from '@bananasjs/core/contract'
import { describe, expect, test } from 'vitest'
import { cutConnections } from './conformance-harness.ts'
import { appOn, message, server, transportOn, until } from './fixtures.ts'

const add = defineTask<number, number>('add', { retry: false })
const TASKS = 200

describe('a worker', () => {
  test(
    'goes on after its server was killed in the middle of its work, and nothing is lost',
    { timeout: 120_000 },
    async () => {
      const rabbit = await server()
      const { app, worker, errors } = appOn(rabbit.url, { recoveryMs: 60_000 })
      const ran = new Set<number>()
      await worker({ concurrency: 10 })
        .handle(add, async (n) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          ran.add(n)
          return n + 1
        })
        .start()
      const later = await app.enqueue(add, -1, { delay: '2s' })
      await app.enqueueMany(
        add,
        Array.from({ length: TASKS }, (_, n) => n),
      )
      await until('it is at work', () => ran.size > 20)
      await rabbit.kill()
      await until('the worker says so', () => errors.some(({ code }) => code === 'CONNECTION_LOST'))
      await rabbit.start()
      expect(await later.result({ timeout: '60s' })).toBe(0)
      await until('all have run', () => ran.size === TASKS + 1, 60_000)
      expect(await (await app.enqueue(add, 20)).result({ timeout: '20s' })).toBe(21)
    },
  )

  test('receives again each of fifty times its connections are cut', { timeout: 120_000 }, async () => {
    const { url } = await server()
    const { app } = appOn(url)
    const cut = appOn(url)
    const worker = cut.worker().handle(add, (n) => n + 1)
    await worker.start()
    // Results are in the memory of the worker's application here: it asks.
    for (let round = 0; round < 50; round += 1) {
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, round % 7))
      cutConnections(cut.transport)
      const { id } = await app.enqueue(add, round)
      expect(await cut.app.job(id).result({ timeout: '20s' })).toBe(round + 1)
    }
    expect(['idle', 'running']).toContain(worker.health().status)
  })
})

test('a connection that does not last is not made anew at once, and one that lasts is used', async () => {
  const { url } = await server()
  const transport = transportOn(url)
  let made = 0
  let cutting = true
  transport.broker.onNotice!(({ kind }) => {
    if (kind !== 'connected') return
    made += 1
    if (cutting) cutConnections(transport)
  })
  const startedAt = performance.now()
  await transport.broker.open()
  await until('it was made ten times', () => made >= 10)
  // After 25 to 50 ms, after 50 to 100 ms, then every 100 to 200 ms.
  expect(performance.now() - startedAt).toBeGreaterThan(750)
  cutting = false
  expect(await transport.broker.publish('default', [message()])).toEqual([])
})

test(
  'an alarm of the server makes publishers wait, then refuses in time, and nothing refused was stored',
  { timeout: 120_000 },
  async () => {
    const rabbit = await server()
    const { broker } = transportOn(rabbit.url, { commandMs: 60_000, recoveryMs: 500 })
    await until('it publishes', () => published(broker, 'before'))
    let blocked = false
    broker.onNotice?.(({ kind }) => (blocked = kind === 'blocked'))
    await rabbit.control('set_vm_memory_high_watermark', '0.000001')
    // The server tells of an alarm when somebody publishes; what made it speak is stored when the alarm is over.
    const speaking: Promise<unknown>[] = []
    await until('it tells of the alarm', () => {
      if (!blocked) speaking.push(broker.publish('q', [message()]))
      return blocked
    })
    await expect(broker.publish('q', [message({ id: 'refused' })])).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      message: expect.stringContaining('blocks publishers') as string,
    })
    await rabbit.control('set_vm_memory_high_watermark', '0.4')
    await Promise.all(speaking)
    expect(await broker.publish('q', [message({ id: 'after' })])).toEqual([])
    const consumer = await broker.consume('q', { leaseMs: 30_000, prefetch: 10 })
    const got: string[] = []
    await until('the last one is handed out', async () => {
      const some = await consumer.receive(10, { waitMs: 1000 })
      got.push(...some.map(({ message: { id } }) => id))
      await consumer.settle(some.map(({ receipt }) => ({ receipt, as: 'ack' })))
      return got.includes('after')
    })
    expect(got).toContain('before')
    expect(got).not.toContain('refused')
  },
)

test('a server that stops answering is given up in time, and used again when it answers', async () => {
  const rabbit = await server()
  const { broker } = transportOn(rabbit.url, { commandMs: 500, recoveryMs: 500 })
  await until('it publishes', () => published(broker, 'before'))
  const [, machine = ''] = /\{pid,(\d+)\}/.exec(await rabbit.control('status', '--formatter', 'erlang')) ?? []
  expect(Number(machine)).toBeGreaterThan(0)
  process.kill(Number(machine), 'SIGSTOP')
  try {
    // It stops when the system gets to it, which may be after an answer or two.
    let startedAt = 0
    let outcome: unknown = []
    while (Array.isArray(outcome)) {
      startedAt = performance.now()
      outcome = await broker.publish('q', [message()]).catch((reason: unknown) => reason)
    }
    expect(outcome).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  } finally {
    process.kill(Number(machine), 'SIGCONT')
  }
  await until('it publishes again', () => published(broker, 'after'))
})

test('a queue deleted under a worker is declared again, and works', async () => {
  const rabbit = await server()
  const { app, worker } = appOn(rabbit.url)
  await worker()
    .handle(add, (n) => n + 1)
    .start()
  expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
  await rabbit.control('delete_queue', 'bananas:q:default')
  await until('a task runs again', async () => {
    const job = await app.enqueue(add, 2).catch(() => undefined)
    return (await job?.result({ timeout: '2s' }).catch(() => undefined)) === 3
  })
})

function published(broker: Broker, id: string): Promise<boolean> {
  return broker.publish('q', [message({ id })]).then(
    (failures) => failures.length === 0,
    () => false,
  )
}
