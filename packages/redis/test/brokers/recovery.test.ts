import { defineTask } from '@bananasjs/core'
import type { Broker } from '@bananasjs/core/contract'
import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { admin, appOn, message, server, transportOn, until } from './fixtures.ts'

const add = defineTask<number, number>('add', { retry: false })

describe('a worker', () => {
  test(
    'goes on by itself after its server was gone for thirty seconds, and nothing is lost',
    { timeout: 120_000 },
    async () => {
      const redis = await server(['--appendonly', 'yes', '--appendfsync', 'always'])
      const { app, worker, errors } = appOn(redis.url)
      await worker()
        .handle(add, (n) => n + 1)
        .start()
      expect(await (await app.enqueue(add, 1)).result({ timeout: '5s' })).toBe(2)
      const later = await app.enqueue(add, 10, { delay: '1s' })
      await redis.kill()
      await until('the worker says so', () => errors.some(({ code }) => code === 'CONNECTION_LOST'))
      await new Promise((resolve) => setTimeout(resolve, 30_000))
      await redis.start()
      expect(await later.result({ timeout: '20s' })).toBe(11)
      expect(await (await app.enqueue(add, 20)).result({ timeout: '20s' })).toBe(21)
    },
  )

  test(
    'receives again each of a hundred times its connections are cut in mid-fetch',
    { timeout: 120_000 },
    async () => {
      const { url } = await server()
      const { app } = appOn(url)
      const cut = appOn(url, { driver: { connectionName: 'cut-me' } })
      const worker = cut.worker().handle(add, (n) => n + 1)
      await worker.start()
      const client = admin(url)
      for (let round = 0; round < 100; round += 1) {
        if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, round % 7))
        await killClients(client, 'cut-me')
        const job = await app.enqueue(add, round)
        expect(await job.result({ timeout: '10s' })).toBe(round + 1)
      }
      expect(['idle', 'running']).toContain(worker.health().status)
      // A result is told before its task is settled.
      await until('all are settled', async () => (await app.queues.inspect('default')).leased === 0)
      expect(await app.queues.inspect('default')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 })
    },
  )

  test('does not mind when the server forgets its scripts', async () => {
    const { url } = await server()
    const { app, worker } = appOn(url)
    await worker()
      .handle(add, (n) => n + 1)
      .start()
    const client = admin(url)
    for (let round = 0; round < 10; round += 1) {
      await client.script('FLUSH')
      expect(await (await app.enqueue(add, round)).result({ timeout: '10s' })).toBe(round + 1)
    }
  })
})

test('a server that stops answering is given up in time, and used again when it answers', async () => {
  const redis = await server()
  const { broker } = transportOn(redis.url, { commandMs: 500, recoveryMs: 500 })
  await until('it publishes', () => published(broker))
  process.kill(redis.pid(), 'SIGSTOP')
  const startedAt = performance.now()
  await expect(broker.publish('q', [message()])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  expect(performance.now() - startedAt).toBeLessThan(12_000)
  process.kill(redis.pid(), 'SIGCONT')
  await until('it publishes again', () => published(broker))
})

test('what meets a connection that has just ended is sent on the next one, however fast it comes', async () => {
  const { url } = await server()
  const { broker, client } = transportOn(url)
  await broker.publish('q', [message()])
  ;(client as Redis).stream.destroy()
  let refused = 0
  for (let sent = 0; sent < 1000; sent += 1)
    await broker.publish('q', [message()]).catch(() => (refused += 1))
  expect(refused).toBe(0)
  expect((await broker.inspect!('q')).ready).toBe(1001)
})

test('a delayed message is on time although the consumer that was told of it became busy', async () => {
  const { url } = await server()
  const first = transportOn(url)
  const options = { leaseMs: 30_000, prefetch: 10 }
  const busy = await first.broker.consume('q', options)
  const idle = await transportOn(url).broker.consume('q', options)
  const told = busy.receive(1, { waitMs: 20_000 })
  const waiting = idle.receive(1, { waitMs: 20_000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  const sentAt = performance.now()
  await first.broker.publish('q', [message({ id: 'later', delayMs: 1000 })])
  await first.broker.publish('q', [message({ id: 'now' })])
  const [one] = await Promise.race([told, waiting])
  expect(one!.message.id).toBe('now')
  const received = await Promise.all([told, waiting])
  const tookMs = performance.now() - sentAt
  expect(
    received
      .flat()
      .map(({ message: { id } }) => id)
      .toSorted(),
  ).toEqual(['later', 'now'])
  expect(tookMs).toBeGreaterThanOrEqual(999)
  // One who forgot would look again after five seconds.
  expect(tookMs).toBeLessThan(4000)
})

function published(broker: Broker): Promise<boolean> {
  return broker.publish('q', [message()]).then(
    (failures) => failures.length === 0,
    () => false,
  )
}

async function killClients(client: ReturnType<typeof admin>, name: string): Promise<void> {
  const lines = String(await client.call('client', ['list'])).split('\n')
  for (const line of lines.filter((text) => text.includes(` name=${name} `))) {
    const id = /\bid=(\d+)/.exec(line)?.[1]
    if (id !== undefined) await client.call('client', ['kill', 'id', id])
  }
}
