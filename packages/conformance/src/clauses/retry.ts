import assert from 'node:assert/strict'
import type { Consumer, Delivery } from '@bananasjs/core/contract'
import { failsWith, same, sameBytes, sameHeaders } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

const BODY = Uint8Array.of(0, 255, 0xc3, 0x28, 34, 123, 10, 0x80)

export const RETRY_CLAUSES: readonly Clause[] = [
  brokerClause(
    'RETRY-1',
    'a retry keeps id, priority and the original body bytes, and replaces all headers',
    {
      async run(bench) {
        const queue = bench.name()
        const [sent] = await bench.publish(queue, [
          { body: BODY, priority: 90, headers: { old: 'gone', attempt: '1' } },
        ])
        const consumer = await bench.consumer(queue)
        const first = await bench.one(consumer)
        await bench.settle(consumer, {
          receipt: first.receipt,
          as: 'retry',
          delayMs: 0,
          headers: { attempt: '2', ['__proto__']: 'own', new: 'ä\n' },
        })
        const second = await bench.one(consumer)
        same(second.message.id, sent!.id, 'the id')
        sameBytes(second.message.body, BODY, 'the body')
        sameHeaders(second.message.headers, { attempt: '2', ['__proto__']: 'own', new: 'ä\n' }, 'the headers')
        same(second.message.priority, first.message.priority, 'the priority')
        same(second.message.delayMs, 0, 'delayMs of a message that comes out')
      },
    },
  ),
  brokerClause('RETRY-2', 'deliveries count 1, 2, 3 and a retry does not reset them', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const consumer = await bench.consumer(queue)
      for (const expected of [1, 2, 3, 4]) {
        const { receipt, deliveries } = await bench.one(consumer)
        same(deliveries, expected, 'deliveries')
        await bench.settle(consumer, { receipt, as: 'retry', delayMs: 0, headers: {} })
      }
    },
  }),
  brokerClause('RETRY-3', 'a delayed retry is never early, and arrives', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: {
      sentence:
        'a broker that keeps no delay refuses a delayed retry with UNSUPPORTED, and the delivery stays held',
      run: refusesDelayedRetry,
    },
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const consumer = await bench.consumer(queue)
      await retryLater(bench, consumer, Math.min(bench.shortMs, bench.supports.maxDelayMs))
    },
  }),
  brokerClause('RETRY-4', 'a message that is delayed three times in a row still arrives', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: 'RETRY-2',
    async run(bench) {
      const queue = bench.name()
      const delayMs = Math.min(bench.shortMs / 2, bench.supports.maxDelayMs)
      await bench.publish(queue, [{ delayMs }])
      const consumer = await bench.consumer(queue)
      let delivery = await bench.one(consumer)
      for (let round = 0; round < 3; round += 1)
        delivery = await retryLater(bench, consumer, delayMs, delivery)
      same(delivery.deliveries, 4, 'deliveries')
    },
  }),
  brokerClause(
    'RETRY-5',
    'a retry delay beyond maxDelayMs is refused with UNSUPPORTED, and the delivery stays held',
    {
      when: ({ maxDelayMs }) => Number.isFinite(maxDelayMs),
      otherwise: {
        sentence: 'a retry may be delayed for a year',
        async run(bench) {
          const queue = bench.name()
          await bench.publish(queue)
          const consumer = await bench.consumer(queue)
          await bench.settle(consumer, {
            receipt: (await bench.one(consumer)).receipt,
            as: 'retry',
            delayMs: 366 * 86_400_000,
            headers: {},
          })
          await bench.nothing(consumer, 'a message due in a year')
        },
      },
      run: refusesDelayedRetry,
    },
  ),
  brokerClause('RETRY-6', 'a retry without delay comes back at once', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const first = await bench.consumer(queue)
      const { receipt } = await bench.one(first)
      const second = await bench.consumer(queue)
      const waiting = second.receive(1, { waitMs: 10 * bench.graceMs })
      await bench.settle(first, { receipt, as: 'retry', delayMs: 0, headers: {} })
      same((await bench.within('receive after a retry', waiting)).length, 1, 'messages')
    },
  }),
]

async function retryLater(
  bench: Workbench,
  consumer: Consumer,
  delayMs: number,
  held?: Delivery,
): Promise<Delivery> {
  const { receipt, message } = held ?? (await bench.one(consumer))
  const startedAt = bench.now()
  await bench.settle(consumer, { receipt, as: 'retry', delayMs, headers: message.headers })
  const next = await bench.one(consumer)
  const tookMs = bench.now() - startedAt
  assert.ok(tookMs >= delayMs - 1, `a retry delayed by ${delayMs} ms came after ${tookMs}`)
  return next
}

async function refusesDelayedRetry(bench: Workbench): Promise<void> {
  const queue = bench.name()
  await bench.publish(queue)
  const consumer = await bench.consumer(queue)
  const { receipt } = await bench.one(consumer)
  const delayMs = bench.supports.maxDelayMs + 1
  failsWith(
    await consumer.settle([{ receipt, as: 'retry', delayMs, headers: {} }]),
    { 0: 'UNSUPPORTED' },
    `a retry delayed by ${delayMs} ms`,
  )
  await bench.nothing(consumer, 'the message that is still held')
  await bench.settle(consumer, { receipt, as: 'ack' })
}
