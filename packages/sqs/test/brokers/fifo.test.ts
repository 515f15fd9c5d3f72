import { defineTask } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'
import { expect, test } from 'vitest'
import {
  appOn,
  consumerOf,
  emulator,
  message,
  one,
  proxyTo,
  queueName,
  take,
  transportOn,
  until,
} from './fixtures.ts'

const server = emulator()

function ofGroup(group: string, count: number): readonly Message[] {
  return Array.from({ length: count }, () => message({ group }))
}

test('a group comes in order, also when its head is released again and again', async () => {
  const { broker } = transportOn(server.process().url, { fifo: true })
  const queue = queueName()
  const sent = ofGroup('a', 12)
  expect(await broker.publish(queue, sent)).toEqual([])
  const consumer = await consumerOf(broker, queue)
  const order: string[] = []
  while (order.length < sent.length) {
    const { message: got, receipt, deliveries } = await one(consumer)
    const fate = deliveries <= 2 ? 'release' : 'ack'
    if (fate === 'ack') order.push(got.id)
    await consumer.settle([{ receipt, as: fate }])
  }
  expect(order).toEqual(sent.map(({ id }) => id))
})

test('a retry goes behind its group, and the rest of the group stays in order', async () => {
  const { broker } = transportOn(server.process().url, { fifo: true })
  const queue = queueName()
  const sent = ofGroup('b', 5)
  await broker.publish(queue, sent)
  const consumer = await consumerOf(broker, queue)
  const order: string[] = []
  while (order.length < sent.length) {
    const { message: got, receipt, deliveries } = await one(consumer)
    const retry = got.id === sent[1]!.id && deliveries === 1
    if (!retry) order.push(got.id)
    await consumer.settle([
      retry ? { receipt, as: 'retry', delayMs: 0, headers: {} } : { receipt, as: 'ack' },
    ])
  }
  expect(order).toEqual([0, 2, 3, 4, 1].map((index) => sent[index]!.id))
})

test('while the head of a group is held the group waits, and other groups do not', async () => {
  const { broker } = transportOn(server.process().url, { fifo: true })
  const queue = queueName()
  const [first, second] = ofGroup('c', 2)
  const other = message({ group: 'd' })
  await broker.publish(queue, [first!, second!, other])
  const consumer = await consumerOf(broker, queue)
  const held = await take(consumer, 2)
  expect(held.map(({ message: { id } }) => id).toSorted()).toEqual([first!.id, other.id].toSorted())
  expect(await consumer.receive(1, { waitMs: 1000 })).toEqual([])
  const head = held.find(({ message: { id } }) => id === first!.id)!
  await consumer.settle([{ receipt: head.receipt, as: 'ack' }])
  expect((await one(consumer)).message.id).toBe(second!.id)
})

test('an order stays an order over many batches, published at once', async () => {
  const { broker } = transportOn(server.process().url, { fifo: true })
  const queue = queueName()
  const sent = Array.from({ length: 120 }, (_, index) => message({ group: `g${index % 3}` }))
  expect(await broker.publish(queue, sent)).toEqual([])
  const consumer = await consumerOf(broker, queue)
  const got: Message[] = []
  while (got.length < sent.length) {
    const held = await consumer.receive(10, { waitMs: 1000 })
    got.push(...held.map((delivery) => delivery.message))
    await consumer.settle(held.map(({ receipt }) => ({ receipt, as: 'ack' })))
  }
  for (const group of ['g0', 'g1', 'g2']) {
    const idsOf = (all: readonly Message[]): readonly string[] =>
      all.filter((one) => one.group === group).map(({ id }) => id)
    expect(idsOf(got)).toEqual(idsOf(sent))
  }
})

test('a message that failed in the middle of its group is told, and not put behind it by itself', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url, { fifo: true })
  const queue = queueName()
  const sent = ofGroup('e', 4)
  proxy.rule = ({ action }) =>
    action === 'SendMessageBatch' ? { fail: ['1'], type: 'InternalError', senderFault: false } : undefined
  const failures = await broker.publish(queue, sent)
  expect(failures.map(({ index, error }) => [index, error.code, error.retryable])).toEqual([
    [1, 'CONNECTION_LOST', true],
  ])
})

test('a second publish of an id is dropped, a delay is refused, and tasks of a group run one after the other', async () => {
  const { app, worker } = appOn(server.process().url, { fifo: true })
  const task = defineTask<number>('steps')
  const queue = queueName()
  const ran: number[] = []
  let running = 0
  let most = 0
  await expect(app.enqueue(task, 0, { queue, delay: '1s' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await app.enqueueMany(task, [1, 2, 3, 4, 5], { queue, group: 'one' })
  await worker({ queues: [queue], concurrency: 5 })
    .handle(task, async (n) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 20))
      ran.push(n)
      running -= 1
    })
    .start()
  await until('all have run', () => ran.length === 5)
  expect(ran).toEqual([1, 2, 3, 4, 5])
  expect(most).toBe(1)
  const { broker } = transportOn(server.process().url, { fifo: true })
  const once = message()
  const other = queueName()
  await broker.publish(other, [once])
  await broker.publish(other, [once])
  const consumer = await consumerOf(broker, other)
  await one(consumer)
  expect(await consumer.receive(1)).toEqual([])
})
