import assert from 'node:assert/strict'
import { failsWith, noFailures, rejectsWith, same, sameBytes, sameHeaders } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { answersLateSettle, goStale, staysWithoutExtend, truthToOthers } from '../lease-scenes.ts'

export const LEASE_CLAUSES: readonly Clause[] = [
  brokerClause('LEASE-1', 'what is not settled comes back when its lease ends, not before, as it was', {
    when: ({ lease }) => lease.renewable,
    otherwise: {
      sentence: 'what is not settled stays with its consumer as long as that lives',
      run: staysWithoutExtend,
    },
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue, [{ headers: { kept: 'yes' } }])
      const slow = await bench.consumer(queue, {
        leaseMs: bench.shortMs,
        broker: (await bench.connect()).broker,
      })
      const next = await bench.consumer(queue)
      const startedAt = bench.now()
      await bench.one(slow)
      const { message, deliveries } = await bench.one(next)
      const tookMs = bench.now() - startedAt
      assert.ok(tookMs >= bench.shortMs - 1, `a lease of ${bench.shortMs} ms ended after ${tookMs}`)
      same(message.id, sent!.id, 'the id')
      sameBytes(message.body, sent!.body, 'the body')
      sameHeaders(message.headers, sent!.headers, 'the headers')
      same(deliveries, 2, 'deliveries after a lost lease')
    },
  }),
  brokerClause(
    'LEASE-2',
    'a delivery is held for as long as it is extended, and comes back when that stops',
    {
      when: ({ lease }) => lease.renewable,
      otherwise: {
        sentence: 'extending succeeds without effect',
        async run(bench) {
          const queue = bench.name()
          await bench.publish(queue)
          const consumer = await bench.consumer(queue)
          const { receipt } = await bench.one(consumer)
          noFailures(await consumer.extend([receipt], bench.shortMs), 'an extend')
          await bench.nothing(await bench.consumer(queue), 'the message that is held', 2 * bench.shortMs)
          await bench.settle(consumer, { receipt, as: 'ack' })
        },
      },
      async run(bench) {
        const queue = bench.name()
        await bench.publish(queue)
        const holder = await bench.consumer(queue, { leaseMs: bench.shortMs })
        const other = await bench.consumer(queue)
        let leasedAt = bench.now()
        const { receipt } = await bench.one(holder)
        for (let round = 0; round < 5; round += 1) {
          const early = await other.receive(1, { waitMs: bench.shortMs / 2 })
          if (early.length > 0) bench.inTime(leasedAt, bench.shortMs)
          same(early.length, 0, `others' messages after ${round} extensions`)
          const extendedAt = bench.now()
          const failures = await holder.extend([receipt], bench.shortMs)
          bench.inTime(leasedAt, bench.shortMs)
          noFailures(failures, 'an extend')
          leasedAt = extendedAt
        }
        await bench.one(other)
        const tookMs = bench.now() - leasedAt
        assert.ok(
          tookMs >= bench.shortMs - 1,
          `the extended lease ended after ${tookMs} ms instead of ${bench.shortMs}`,
        )
      },
    },
  ),
  brokerClause('LEASE-3', 'extending one delivery does not extend another', {
    when: ({ lease }) => lease.renewable,
    otherwise: 'LEASE-2',
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 2)
      const holder = await bench.consumer(queue, { leaseMs: bench.shortMs })
      const startedAt = bench.now()
      const [extended, left] = await bench.take(holder, 2)
      await bench.sleep(bench.shortMs / 4)
      const failures = await holder.extend([extended!.receipt], bench.longMs)
      bench.inTime(startedAt, bench.shortMs)
      noFailures(failures, 'an extend')
      const other = await bench.consumer(queue)
      same((await bench.one(other)).message.id, left!.message.id, 'the one that comes back')
      await bench.nothing(other, 'the extended one')
    },
  }),
  brokerClause('LEASE-4', 'extend tells LEASE_LOST to the stale receipts alone', {
    when: ({ lease }) => lease.renewable && lease.fenced,
    otherwise: 'SETTLE-5',
    async run(bench) {
      const { queue, askedAt, stale, slow, newer, holder } = await goStale(bench, bench.shortMs)
      const own = await bench.publish(queue, [{ id: bench.name() }])
      const thirdAt = bench.now()
      const third = await bench.one(slow)
      const failures = await bench.extendAll(slow, [stale.receipt, third.receipt], bench.longMs)
      // The newer lease began when the first one had ended, and not before.
      bench.inTime(askedAt, 2 * bench.shortMs)
      bench.inTime(thirdAt, bench.shortMs)
      same(third.message.id, own[0]!.id, 'the id')
      failsWith(failures, { 0: 'LEASE_LOST' }, 'an extend')
      // Had the stale receipt prolonged the newer lease, the message would stay away.
      const last = await bench.one(await bench.consumer(queue))
      same(last.message.id, newer.message.id, 'the message whose newer lease ends')
      await holder.close()
    },
  }),
  brokerClause(
    'LEASE-5',
    'a stale receipt is told LEASE_LOST, and its ack does not take the message from the newer holder',
    {
      when: ({ lease }) => lease.renewable && lease.fenced,
      otherwise: {
        sentence: 'a late settle is answered, also where the broker cannot tell that it is late',
        run: answersLateSettle,
      },
      async run(bench) {
        const { queue, stale, slow, newer, holder } = await goStale(bench)
        failsWith(
          await slow.settle([{ receipt: stale.receipt, as: 'ack' }]),
          { 0: 'LEASE_LOST' },
          'a stale ack',
        )
        await bench.settle(holder, { receipt: newer.receipt, as: 'release' })
        same(
          (await bench.one(await bench.consumer(queue))).message.id,
          newer.message.id,
          'the message that is still there',
        )
      },
    },
  ),
  brokerClause('LEASE-6', 'a stale release, retry or dead-lettering changes nothing', {
    when: ({ lease }) => lease.renewable && lease.fenced,
    otherwise: 'LEASE-5',
    async run(bench) {
      const { queue, stale, slow, newer, holder } = await goStale(bench)
      const { receipt } = stale
      failsWith(await slow.settle([{ receipt, as: 'release' }]), { 0: 'LEASE_LOST' }, 'a stale release')
      failsWith(
        await slow.settle([{ receipt, as: 'retry', delayMs: 0, headers: { stale: 'yes' } }]),
        { 0: 'LEASE_LOST' },
        'a stale retry',
      )
      failsWith(
        await slow.settle([{ receipt, as: 'deadLetter', reason: 'stale' }]),
        { 0: 'LEASE_LOST' },
        'a stale dead-lettering',
      )
      await bench.nothing(await bench.consumer(queue), 'the message that the newer holder has')
      await bench.settle(holder, { receipt: newer.receipt, as: 'ack' })
    },
  }),
  brokerClause('LEASE-7', 'each hand-over has a receipt of its own', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 5)
      const consumer = await bench.consumer(queue)
      const receipts = new Set<string>()
      for (let round = 0; round < 3; round += 1) {
        for (const { receipt } of await bench.take(consumer, 5)) {
          receipts.add(receipt)
          await bench.settle(consumer, { receipt, as: 'retry', delayMs: 0, headers: {} })
        }
      }
      same(receipts.size, 15, 'different receipts of 15 hand-overs')
    },
  }),
  brokerClause('LEASE-8', 'deliveries count on through lost leases', {
    when: ({ lease }) => lease.renewable,
    otherwise: 'RETRY-2',
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const consumer = await bench.consumer(queue, { leaseMs: bench.shortMs })
      for (const expected of [1, 2, 3]) same((await bench.one(consumer)).deliveries, expected, 'deliveries')
    },
  }),
  brokerClause('LEASE-9', 'any client of the queue may extend, acknowledge and release by a receipt', {
    when: ({ lease }) => lease.shared,
    otherwise: {
      sentence: 'another client that settles by a receipt is told the truth about it',
      run: truthToOthers,
    },
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, 2)
      const { fenced, renewable } = bench.supports.lease
      const holder = await bench.consumer(queue, { leaseMs: 2 * bench.shortMs })
      const startedAt = bench.now()
      const [first, second] = await bench.take(holder, 2)
      const other = await bench.consumer(queue, { broker: (await bench.connect()).broker })
      const failures = await bench.extendAll(other, [first!.receipt, second!.receipt], bench.longMs)
      if (renewable) bench.inTime(startedAt, 2 * bench.shortMs)
      noFailures(failures, 'an extend from another client')
      await bench.nothing(other, 'the extended ones', 2 * bench.shortMs + bench.quietMs)
      await bench.settle(
        other,
        { receipt: first!.receipt, as: 'ack' },
        { receipt: second!.receipt, as: 'release' },
      )
      const back = await bench.one(other)
      same(back.message.id, second!.message.id, 'what comes back')
      await bench.settle(other, { receipt: back.receipt, as: 'ack' })
      if (fenced)
        failsWith(
          await holder.settle([{ receipt: first!.receipt, as: 'ack' }]),
          { 0: 'LEASE_LOST' },
          'a settle of what another settled',
        )
    },
  }),
  brokerClause('LEASE-10', 'extensions do not hold a delivery beyond lease.maxMs', {
    when: ({ lease }) => lease.renewable && lease.maxMs <= 5000,
    otherwise: 'LEASE-2',
    async run(bench) {
      const { maxMs } = bench.supports.lease
      const queue = bench.name()
      await bench.publish(queue)
      const holder = await bench.consumer(queue, { leaseMs: maxMs })
      const { receipt } = await bench.one(holder)
      await bench.sleep(0.9 * maxMs)
      await holder.extend([receipt], maxMs) // would hold it for nearly twice as long
      await bench.sleep(0.1 * maxMs + bench.quietMs)
      const next = await bench.consumer(queue)
      await bench.within('the message after the longest lease', bench.one(next), maxMs / 2)
    },
  }),
  brokerClause('LEASE-11', 'a lease below the grain of the clock is refused with INVALID', {
    async run(bench) {
      for (const leaseMs of [bench.supports.clockMs / 2, 0, -1, Number.NaN]) {
        await rejectsWith(
          () => bench.broker.consume(bench.name(), { leaseMs, prefetch: 1 }),
          'INVALID',
          `consume with leaseMs ${leaseMs}`,
        )
      }
    },
  }),
]
