import { defineTask } from '@bananasjs/core'
import { expect, test } from 'vitest'
import { appOn, emulator, proxyTo, queueName, until } from './fixtures.ts'
import type { SqsProxy } from './sqs-proxy.ts'

const server = emulator()

test('tasks that are enqueued in bulk and run together take a third of a call each', async () => {
  const tasks = 2000
  const proxy = await proxyTo(server.process())
  const { app, worker } = appOn(proxy.url)
  const queue = queueName()
  const task = defineTask<number>('cheap', { queue })
  let done = 0
  const running = worker({ queues: [queue], concurrency: 100 }).handle(task, () => void (done += 1))
  await app.enqueueMany(
    task,
    Array.from({ length: tasks }, (_, n) => n),
  )
  await running.start()
  await until('all have run', () => done === tasks)
  await until('all are settled', async () => {
    const { ready, leased = 0 } = await app.queues.inspect(queue)
    return ready + leased === 0
  })
  expect(paidCalls(proxy) / tasks).toBeLessThanOrEqual(0.4)
})

test('a task on its own takes three calls: to send it, to receive it, to delete it', async () => {
  const tasks = 50
  const proxy = await proxyTo(server.process())
  const { app, worker } = appOn(proxy.url)
  const queue = queueName()
  const task = defineTask<number>('alone', { queue })
  let done = 0
  await worker({ queues: [queue], concurrency: 1 })
    .handle(task, () => void (done += 1))
    .start()
  for (let n = 0; n < tasks; n += 1) {
    await app.enqueue(task, n)
    await until('it has run', () => done === n + 1)
  }
  await until('all are settled', () => proxy.count('DeleteMessageBatch') === tasks)
  expect(paidCalls(proxy)).toBeLessThanOrEqual(3 * tasks + 3)
})

test('an idle worker makes 12 calls a minute for each queue it waits on, and no other', async () => {
  const proxy = await proxyTo(server.process())
  const { worker } = appOn(proxy.url)
  const queue = queueName()
  await worker({ queues: [queue] })
    .handle(defineTask<number>('idle'), () => undefined)
    .start()
  await until('it waits', () => proxy.count('ReceiveMessage') >= 1)
  const before = proxy.calls.length
  const startedAt = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 21_000))
  const calls = proxy.calls.slice(before)
  const seconds = (performance.now() - startedAt) / 1000
  expect(calls.every(({ action }) => action === 'ReceiveMessage')).toBe(true)
  expect(calls.length).toBeGreaterThanOrEqual(3)
  expect(calls.length).toBeLessThanOrEqual(Math.ceil((12 * seconds) / 60))
})

test('an idle worker with three priority lanes makes 36 calls a minute', async () => {
  const proxy = await proxyTo(server.process())
  const { worker } = appOn(proxy.url, { lanes: 3 })
  await worker({ queues: [queueName()] })
    .handle(defineTask<number>('idle'), () => undefined)
    .start()
  await until('it waits', () => proxy.count('ReceiveMessage') >= 3)
  await new Promise((resolve) => setTimeout(resolve, 6000)) // past the short polls of its start
  const before = proxy.count('ReceiveMessage')
  const startedAt = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  const calls = proxy.count('ReceiveMessage') - before
  // Each lane has one under way, and begins another every five seconds.
  expect(calls).toBeLessThanOrEqual(3 * (1 + Math.floor((performance.now() - startedAt) / 5000)))
})

function paidCalls(proxy: SqsProxy): number {
  return ['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch']
    .map((action) => proxy.count(action))
    .reduce((sum, count) => sum + count, 0)
}
