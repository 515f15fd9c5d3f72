import assert from 'node:assert/strict'
import { rejectsWithReason, same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'

export const ABORT_CLAUSES: readonly Clause[] = [
  brokerClause(
    'ABORT-1',
    'a signal that is aborted already rejects with its own reason, and nothing is done',
    {
      async run(bench) {
        const queue = bench.name()
        const reason = { why: 'changed my mind' }
        const signal = AbortSignal.abort(reason)
        const consumer = await bench.consumer(queue)
        await rejectsWithReason(
          () => bench.broker.publish(queue, [bench.message()], { signal }),
          reason,
          'publish',
        )
        await rejectsWithReason(
          () => bench.broker.consume(queue, { leaseMs: bench.longMs, prefetch: 1, signal }),
          reason,
          'consume',
        )
        await rejectsWithReason(() => consumer.receive(1, { waitMs: 10, signal }), reason, 'receive')
        await bench.nothing(consumer, 'the message whose publish was aborted')
      },
    },
  ),
  brokerClause(
    'ABORT-2',
    'an aborted receive rejects at once with signal.reason, and the consumer can receive again',
    {
      async run(bench) {
        const queue = bench.name()
        const consumer = await bench.consumer(queue)
        const reason = new Error('enough')
        const controller = new AbortController()
        const waiting = consumer.receive(1, { waitMs: 10 * bench.graceMs, signal: controller.signal })
        await bench.sleep(bench.quietMs)
        controller.abort(reason)
        await rejectsWithReason(() => bench.within('an aborted receive', waiting), reason, 'receive')
        const [sent] = await bench.publish(queue)
        same((await bench.one(consumer)).message.id, sent!.id, 'the id')
      },
    },
  ),
  brokerClause('ABORT-3', 'what arrives after an aborted receive goes to others at once', {
    async run(bench) {
      const queue = bench.name()
      const consumer = await bench.consumer(queue)
      const controller = new AbortController()
      const waiting = consumer
        .receive(10, { waitMs: 10 * bench.graceMs, signal: controller.signal })
        .catch(() => [])
      await bench.sleep(bench.quietMs)
      controller.abort()
      const sent = await bench.publish(queue, 3)
      await bench.within('an aborted receive', waiting)
      const got = await bench.take(await bench.consumer(queue, { broker: (await bench.connect()).broker }), 3)
      same(got.map(({ message }) => message.id).toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
    },
  }),
  brokerClause('ABORT-4', 'an abort that races with arriving messages strands none of them', {
    async run(bench) {
      const queue = bench.name()
      const aborting = await bench.consumer(queue)
      const missing = new Set<string>()
      for (let round = 0; round < 40; round += 1) {
        const controller = new AbortController()
        const waiting = aborting
          .receive(5, { waitMs: 10 * bench.graceMs, signal: controller.signal })
          .catch(() => [])
        const publishing = bench.publish(queue, 2)
        if (round % 4 > 0) await bench.sleep((round % 4) - 1)
        controller.abort()
        for (const { id } of await publishing) missing.add(id)
        const got = await bench.within('an aborted receive', waiting)
        for (const { message } of got) missing.delete(message.id)
        await bench.ack(aborting, got)
      }
      const other = await bench.consumer(queue)
      await bench.until('every message comes out', async () => {
        for (let got = await other.receive(100); got.length > 0; got = await other.receive(100)) {
          for (const { message } of got) missing.delete(message.id)
          await bench.ack(other, got)
        }
        return missing.size === 0
      })
      assert.equal(missing.size, 0)
    },
  }),
]
