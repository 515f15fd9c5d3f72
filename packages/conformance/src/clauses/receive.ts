import assert from 'node:assert/strict'
import { same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'

export const RECEIVE_CLAUSES: readonly Clause[] = [
  brokerClause('RECV-1', 'receive hands over no more than was asked for', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 10)
      const consumer = await bench.consumer(queue)
      const first = await consumer.receive(3, { waitMs: bench.graceMs })
      assert.ok(first.length >= 1 && first.length <= 3, `receive(3) returned ${first.length}`)
      const rest = await bench.take(consumer, 10 - first.length)
      same(new Set([...first, ...rest].map(({ message }) => message.id)).size, 10, 'different messages')
    },
  }),
  brokerClause(
    'RECV-2',
    'an empty queue answers with nothing: at once, or after the wait that was asked for',
    {
      async run(bench) {
        const consumer = await bench.consumer(bench.name())
        same(await bench.within('receive without a wait', consumer.receive(1), bench.graceMs), [], 'messages')
        const startedAt = bench.now()
        const waitMs = 3 * bench.quietMs
        same(
          await bench.within('receive', consumer.receive(1, { waitMs }), waitMs + bench.graceMs),
          [],
          'messages',
        )
        const tookMs = bench.now() - startedAt
        assert.ok(
          tookMs >= waitMs - bench.supports.clockMs - 2,
          `receive gave up after ${tookMs} ms instead of ${waitMs}`,
        )
      },
    },
  ),
  brokerClause('RECV-3', 'a waiting receive is woken by a publish', {
    async run(bench) {
      const queue = bench.name()
      const consumer = await bench.consumer(queue)
      const waiting = consumer.receive(1, { waitMs: 10 * bench.graceMs })
      await bench.sleep(bench.quietMs)
      const other = await bench.connect()
      const [sent] = await bench.publish(queue, 1, other.broker)
      const got = await bench.within('receive after a publish', waiting)
      same(
        got.map(({ message }) => message.id),
        [sent!.id],
        'messages',
      )
    },
  }),
  brokerClause('RECV-4', 'receive never waits to fill its batch', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 1)
      const consumer = await bench.consumer(queue)
      const got = await bench.within(
        'receive with fewer messages than asked for',
        consumer.receive(10, { waitMs: 10 * bench.graceMs }),
      )
      same(got.length, 1, 'messages')
    },
  }),
  brokerClause('RECV-5', 'no two consumers ever hold the same message', {
    async run(bench) {
      const queue = bench.name()
      const sent = await bench.publish(queue, 200)
      const brokers = [
        bench.broker,
        bench.broker,
        (await bench.connect()).broker,
        (await bench.connect()).broker,
      ]
      const consumers = await Promise.all(brokers.map((broker) => bench.consumer(queue, { broker })))
      const got: string[] = []
      const drain = async (consumer: (typeof consumers)[number]): Promise<void> => {
        while (got.length < sent.length)
          got.push(...(await consumer.receive(7, { waitMs: bench.quietMs })).map(({ message }) => message.id))
      }
      await bench.within('taking all messages', Promise.all(consumers.map(drain)), 2 * bench.graceMs)
      same(got.toSorted(), sent.map(({ id }) => id).toSorted(), 'ids over all consumers')
    },
  }),
  brokerClause('RECV-6', 'a consumer hoards nothing beyond what it asked for', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 5)
      const modest = await bench.consumer(queue, { prefetch: 1 })
      await bench.one(modest)
      await bench.take(await bench.consumer(queue), 4)
    },
  }),
  brokerClause('RECV-7', 'of consumers that wait for one queue, each message wakes one', {
    async run(bench) {
      const queue = bench.name()
      const other = await bench.connect()
      const consumers = await Promise.all(
        [bench.broker, other.broker, bench.broker].map((broker) =>
          bench.consumer(queue, { broker, prefetch: 1 }),
        ),
      )
      const waiting = consumers.map((consumer) => consumer.receive(1, { waitMs: 10 * bench.graceMs }))
      const sent = await bench.publish(queue, 3)
      const got = await bench.within('three waiting consumers', Promise.all(waiting))
      same(
        got
          .flat()
          .map(({ message }) => message.id)
          .toSorted(),
        sent.map(({ id }) => id).toSorted(),
        'ids',
      )
    },
  }),
]
