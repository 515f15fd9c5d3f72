import { defineTask } from '@bananasjs/core'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redis } from '../../src/index.ts'
import { admin, appOn, message, server, transportOn, until } from './fixtures.ts'

const TASKS = 20_000

test('a queued task of 150 bytes takes at most 350 bytes of the server', async () => {
  const { url } = await server()
  const { app } = appOn(url)
  const client = admin(url)
  const note = defineTask<{ id: number; text: string }>('note')
  await app.enqueue(note, { id: 0, text: '' })
  const before = await usedMemory(client)
  const inputs = Array.from({ length: TASKS }, (_, id) => ({ id, text: 'x'.repeat(125) }))
  expect(JSON.stringify(inputs[TASKS / 2]).length).toBeGreaterThanOrEqual(145)
  await app.enqueueMany(note, inputs)
  const perTask = async (): Promise<number> => ((await usedMemory(client)) - before) / TASKS
  // What the server had set aside to read them is given back a little later.
  await until('its buffers are gone', async () => (await perTask()) < 350)
  const bytes = await perTask()
  process.stdout.write(`one queued task takes ${bytes.toFixed(0)} bytes\n`)
  expect(bytes).toBeLessThan(350)
})

test('no key that matters has a TTL, so a server that evicts volatile keys takes nothing', async () => {
  const { url } = await server()
  const { app, worker } = appOn(url)
  const client = admin(url)
  const work = defineTask<number, number>('work', { retry: { limit: 1, delay: 0 } })
  const ending = defineTask('ending', { retry: false })
  await worker()
    .handle(work, (n) => n)
    .handle(ending, () => {
      throw new Error('over')
    })
    .start()
  const jobs = await app.enqueueMany(
    work,
    Array.from({ length: 200 }, (_, n) => n),
    { priority: 70 },
  )
  await Promise.all(jobs.map((job) => job.result({ timeout: '10s' })))
  await app.enqueue(work, 1, { delay: '1h', unique: { key: 'one' } })
  await app.enqueue(ending)
  await until('one is dead', async () => (await app.queues.inspect('default')).dead === 1)
  const keys = await client.keys('*')
  expect(keys.length).toBeGreaterThan(5)
  const volatile: string[] = []
  for (const key of keys) if ((await client.pttl(key)) >= 0) volatile.push(key)
  expect(volatile.filter((key) => !key.includes(':wake:'))).toEqual([])
})

test('two prefixes on one server do not meet', async () => {
  const { url } = await server()
  const [one, two] = [transportOn(url, { prefix: 'one' }), transportOn(url, { prefix: 'two' })]
  await one.broker.publish('q', [message({ id: 'mine' })])
  await one.results.put([{ id: 'mine', state: 'succeeded', value: Buffer.from('1'), ttlMs: 60_000 }])
  expect(await two.broker.inspect!('q')).toMatchObject({ ready: 0 })
  expect(await two.results.get(['mine'])).toEqual([undefined])
  expect(await two.broker.queues!()).toEqual([])
  expect(await one.broker.queues!()).toEqual(['q'])
})

test('a client that was handed in is used, shown and left open', async () => {
  const { url } = await server()
  const client = new Redis(url)
  onTestFinished(() => client.disconnect())
  const transport = redis({ client })
  await transport.broker.publish('q', [message()])
  expect(transport.client).toBe(client)
  await Promise.all([transport.broker.close(), transport.results.close(), transport.channel.close()])
  expect(await client.ping()).toBe('PONG')
  expect(await client.llen('{bananas:q}:ready')).toBe(1)
})

test('priorities of the list and of the sorted set are handed over in one order', async () => {
  const { url } = await server()
  const { broker } = transportOn(url)
  const priorities = [50, 10, 90, 50, 51, 49, 100, 0, 90, 10]
  await broker.publish(
    'q',
    priorities.map((priority, index) => message({ id: `${priority}-${index}`, priority })),
  )
  const consumer = await broker.consume('q', { leaseMs: 10_000, prefetch: 20 })
  const ids: string[] = []
  for (;;) {
    const deliveries = await consumer.receive(3)
    if (deliveries.length === 0) break
    ids.push(...deliveries.map(({ message: { id } }) => id))
  }
  expect(ids).toEqual(['100-6', '90-2', '90-8', '51-4', '50-0', '50-3', '49-5', '10-1', '10-9', '0-7'])
  await consumer.close()
})

test('a payload of 10 MB passes as it is', async () => {
  const { url } = await server()
  const { app, worker } = appOn(url)
  const measure = defineTask<string, number>('measure')
  await worker()
    .handle(measure, (text) => text.length)
    .start()
  const job = await app.enqueue(measure, 'x'.repeat(10_000_000))
  expect(await job.result({ timeout: '20s' })).toBe(10_000_000)
})

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1])
}
