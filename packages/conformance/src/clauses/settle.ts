import assert from 'node:assert/strict'
import { failsWith, noFailures, same, sameBytes, sameHeaders } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'

export const SETTLE_CLAUSES: readonly Clause[] = [
  brokerClause('SETTLE-1', 'an acknowledged message never comes back', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 3)
      const consumer = await bench.consumer(queue, { leaseMs: bench.shortMs })
      const startedAt = bench.now()
      const taken = await bench.take(consumer, 3)
      const failures = await bench.settleAll(
        consumer,
        taken.map(({ receipt }) => ({ receipt, as: 'ack' as const })),
      )
      bench.inLease(startedAt, bench.shortMs)
      noFailures(failures, 'settle')
      await bench.nothing(consumer, 'acknowledged messages after the lease', bench.shortMs + bench.quietMs)
      await consumer.close()
      await bench.nothing(await bench.consumer(queue), 'acknowledged messages after the consumer has gone')
    },
  }),
  brokerClause('SETTLE-2', 'a batch decides the fate of each delivery on its own', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 4)
      const consumer = await bench.consumer(queue)
      const [acked, released, retried, dead] = await bench.take(consumer, 4)
      await bench.settle(
        consumer,
        { receipt: acked!.receipt, as: 'ack' },
        { receipt: released!.receipt, as: 'release' },
        { receipt: retried!.receipt, as: 'retry', delayMs: 0, headers: { again: 'yes' } },
        { receipt: dead!.receipt, as: 'deadLetter', reason: 'broken' },
      )
      const back = await bench.take(consumer, 2)
      same(
        back.map(({ message }) => message.id).toSorted(),
        [released!, retried!].map(({ message }) => message.id).toSorted(),
        'what comes back',
      )
      await bench.nothing(consumer, 'the acknowledged and the dead-lettered one')
    },
  }),
  brokerClause('SETTLE-3', 'a receipt nobody gave out is told LEASE_LOST, and its neighbours are settled', {
    when: ({ lease }) => lease.fenced,
    otherwise: {
      sentence: 'a receipt nobody gave out does not keep its neighbours from being settled',
      async run(bench) {
        const queue = bench.name()
        await bench.publish(queue)
        const consumer = await bench.consumer(queue)
        const { receipt } = await bench.one(consumer)
        const failures = await bench.settleAll(consumer, [
          { receipt: 'nobody gave this out', as: 'ack' },
          { receipt, as: 'release' },
        ])
        assert.ok(
          failures.every(({ index, error }) => index === 0 && error.code === 'LEASE_LOST'),
          'only the unknown receipt may fail',
        )
        await bench.one(consumer)
      },
    },
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 2)
      const consumer = await bench.consumer(queue)
      const [first, second] = await bench.take(consumer, 2)
      const unknown = [
        '',
        'nobody gave this out',
        `${first!.receipt}0`,
        '__proto__',
        '🍌',
        '0',
        '-1',
        '1.1.1',
        '{}',
        'x'.repeat(1000),
      ]
      const settlements = unknown.map((receipt) => ({ receipt, as: 'ack' as const }))
      const lost = Object.fromEntries(unknown.map((_, index) => [index + 1, 'LEASE_LOST' as const]))
      failsWith(
        await bench.settleAll(consumer, [
          { receipt: first!.receipt, as: 'ack' },
          ...settlements,
          { receipt: second!.receipt, as: 'ack' },
        ]),
        lost,
        'settle',
      )
      await consumer.close()
      await bench.nothing(await bench.consumer(queue), 'settled messages')
    },
  }),
  brokerClause(
    'SETTLE-4',
    'a receipt settles once: the second time it is told LEASE_LOST and changes nothing',
    {
      when: ({ lease }) => lease.fenced,
      otherwise: {
        sentence: 'settling twice is answered, and the message stays settled',
        async run(bench) {
          const queue = bench.name()
          await bench.publish(queue)
          const consumer = await bench.consumer(queue)
          const { receipt } = await bench.one(consumer)
          await bench.settle(consumer, { receipt, as: 'ack' })
          const failures = await bench.within('a second settle', consumer.settle([{ receipt, as: 'ack' }]))
          assert.ok(
            failures.every(({ error }) => error.code === 'LEASE_LOST'),
            'a second settle fails with nothing but LEASE_LOST',
          )
          await bench.nothing(consumer, 'the acknowledged message')
        },
      },
      async run(bench) {
        const queue = bench.name()
        await bench.publish(queue)
        const consumer = await bench.consumer(queue)
        const first = await bench.one(consumer)
        await bench.settle(consumer, {
          receipt: first.receipt,
          as: 'retry',
          delayMs: 0,
          headers: { life: 'second' },
        })
        failsWith(
          await consumer.settle([{ receipt: first.receipt, as: 'ack' }]),
          { 0: 'LEASE_LOST' },
          'an ack after a retry',
        )
        const second = await bench.one(consumer)
        sameHeaders(second.message.headers, { life: 'second' }, 'headers of the second hand-over')
        await bench.settle(consumer, { receipt: second.receipt, as: 'ack' })
        failsWith(
          await consumer.settle([{ receipt: second.receipt, as: 'release' }]),
          { 0: 'LEASE_LOST' },
          'a release after an ack',
        )
        await bench.nothing(consumer, 'the acknowledged message')
      },
    },
  ),
  brokerClause('SETTLE-5', 'settling or extending nothing does nothing', {
    async run(bench) {
      const consumer = await bench.consumer(bench.name())
      noFailures(await consumer.settle([]), 'an empty settle')
      noFailures(await consumer.extend([], bench.longMs), 'an empty extend')
    },
  }),
  brokerClause('SETTLE-6', 'settle may run while a receive waits', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const consumer = await bench.consumer(queue)
      const { receipt } = await bench.one(consumer)
      const waiting = consumer.receive(1, { waitMs: 10 * bench.graceMs })
      await bench.within(
        'a settle beside a waiting receive',
        bench.settle(consumer, { receipt, as: 'release' }),
      )
      same((await bench.within('the waiting receive', waiting)).length, 1, 'messages')
    },
  }),
  brokerClause('RELEASE-1', 'released work comes back at once, and giving back is free', {
    when: ({ release }) => release === 'free',
    otherwise: {
      sentence: 'released work comes back at once, and giving back counts as a delivery',
      async run(bench) {
        const queue = bench.name()
        await bench.publish(queue)
        const consumer = await bench.consumer(queue)
        await bench.settle(consumer, { receipt: (await bench.one(consumer)).receipt, as: 'release' })
        same((await bench.one(consumer)).deliveries, 2, 'deliveries after a counted release')
      },
    },
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue, [{ headers: { kept: 'yes' } }])
      const consumer = await bench.consumer(queue)
      for (let round = 1; round <= 5; round += 1) {
        const { receipt, deliveries, message } = await bench.one(consumer)
        same(deliveries, 1, `deliveries after ${round - 1} releases`)
        sameHeaders(message.headers, sent!.headers, 'the headers')
        sameBytes(message.body, sent!.body, 'the body')
        await bench.settle(consumer, { receipt, as: 'release' })
      }
    },
  }),
  brokerClause('RELEASE-2', 'a release wakes another consumer that waits', {
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue)
      const first = await bench.consumer(queue)
      const { receipt } = await bench.one(first)
      const second = await bench.consumer(queue, { broker: (await bench.connect()).broker })
      const waiting = second.receive(1, { waitMs: 10 * bench.graceMs })
      await bench.sleep(bench.quietMs)
      await bench.settle(first, { receipt, as: 'release' })
      const got = await bench.within('receive after a release', waiting)
      same(
        got.map(({ message }) => message.id),
        [sent!.id],
        'messages',
      )
    },
  }),
]
