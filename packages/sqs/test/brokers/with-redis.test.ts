import { defineTask } from '@bananasjs/core'
import { redis } from '@bananasjs/redis'
import type { RedisTransport } from '@bananasjs/redis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedisProcess } from '../../../redis/test/brokers/redis-process.ts'
import { appOn, emulator, queueName, until } from './fixtures.ts'
import { redisBlobs } from './redis-blobs.ts'

const server = emulator()

async function redisOfOurOwn(): Promise<RedisTransport> {
  const process = await startRedisProcess()
  onTestFinished(() => process.stop())
  const store = redis(process.url)
  onTestFinished(async () => {
    await Promise.all([store.results.close(), store.channel.close()])
  })
  await Promise.all([store.results.open(), store.channel.open()])
  return store
}

test('with results and a channel of Redis, tasks on SQS have results, events, control and uniqueness', async () => {
  const { results: records, channel } = await redisOfOurOwn()
  const { app, worker } = appOn(server.process().url, { results: records, channel })
  const queue = queueName()
  const double = defineTask<number, number>('double', { queue, retry: { limit: 2, delay: 0 } })
  const heard: string[] = []
  const leaving = new AbortController()
  const listening = (async () => {
    for await (const { type } of app.events({ signal: leaving.signal })) heard.push(type)
  })().catch(() => undefined)
  let failures = 1
  await worker({ id: 'w', queues: [queue] })
    .handle(double, (n) => {
      if (n === 7 && failures > 0) {
        failures -= 1
        throw new Error('once')
      }
      return 2 * n
    })
    .start()
  const jobs = await app.enqueueMany(
    double,
    Array.from({ length: 30 }, (_, n) => n),
  )
  const results = await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
  expect(results).toEqual(Array.from({ length: 30 }, (_, n) => 2 * n))
  await until('an event is heard', async () => {
    await app.enqueue(double, 1)
    return heard.includes('task.succeeded')
  })
  leaving.abort()
  await listening
  expect(await app.control.send('ping', { to: ['w'], wait: '20s' })).toHaveLength(1)
  const unique = { key: 'one', for: '1m' } as const
  const first = await app.enqueue(double, 100, { unique, delay: '8s' })
  expect((await app.enqueue(double, 100, { unique })).id).toBe(first.id)
  expect(await first.result({ timeout: '60s' })).toBe(200)
})

test('large inputs go through a blob store on Redis, which is empty when all is done', async () => {
  const store = await redisOfOurOwn()
  const { app, worker } = appOn(server.process().url, {
    blobs: redisBlobs(store.client),
    results: store.results,
  })
  const queue = queueName()
  const measure = defineTask<string, number>('measure', { queue })
  await worker({ queues: [queue] })
    .handle(measure, (text) => text.length)
    .start()
  const job = await app.enqueue(measure, 'x'.repeat(3_000_000))
  expect(await job.result({ timeout: '20s' })).toBe(3_000_000)
  await until('no blob is left', async () => {
    const keys = (await store.client.callBuffer('keys', ['blob:*'])) as unknown[]
    return keys.length === 0
  })
})
