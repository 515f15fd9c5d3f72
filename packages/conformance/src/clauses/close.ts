import assert from 'node:assert/strict'
import { QueueError } from '@bananasjs/core/contract'
import type { Broker } from '@bananasjs/core/contract'
import { rejectsWith, same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { openAll } from '../workbench.ts'
import type { Workbench } from '../workbench.ts'

export const CLOSE_CLAUSES: readonly Clause[] = [
  brokerClause('CLOSE-1', 'open and close may be called twice, and at the same time', {
    async run(bench) {
      const transport = await bench.fresh()
      await bench.within('opening twice at once', Promise.all([openAll(transport), openAll(transport)]))
      await bench.within('opening again', openAll(transport))
      const queue = bench.name()
      await bench.publish(queue, 1, transport.broker)
      const { broker } = transport
      await bench.within('closing twice at once', Promise.all([broker.close(), broker.close()]))
      await bench.within('closing again', broker.close())
    },
  }),
  brokerClause('CLOSE-2', 'every method of a closed broker rejects with CLOSED', {
    async run(bench) {
      const { broker } = await bench.connect()
      await broker.close()
      for (const [name, call] of callsOf(broker, bench))
        await rejectsWith(() => bench.within(name, call()), 'CLOSED', name)
    },
  }),
  brokerClause(
    'CLOSE-3',
    'every method of a closed consumer rejects with CLOSED, and closing again does nothing',
    {
      async run(bench) {
        const queue = bench.name()
        await bench.publish(queue)
        const consumer = await bench.consumer(queue)
        const { receipt } = await bench.one(consumer)
        await consumer.close()
        await bench.within('closing again', consumer.close())
        await rejectsWith(() => consumer.receive(1), 'CLOSED', 'receive')
        await rejectsWith(() => consumer.settle([{ receipt, as: 'ack' }]), 'CLOSED', 'settle')
        await rejectsWith(() => consumer.extend([receipt], bench.longMs), 'CLOSED', 'extend')
      },
    },
  ),
  brokerClause('CLOSE-4', 'closing a consumer ends its waiting receive with nothing', {
    async run(bench) {
      const queue = bench.name()
      const consumer = await bench.consumer(queue)
      const waiting = consumer.receive(1, { waitMs: 10 * bench.graceMs })
      await bench.sleep(bench.quietMs)
      await bench.within('close', consumer.close())
      same(await bench.within('the waiting receive', waiting), [], 'messages')
      await bench.publish(queue)
      await bench.one(await bench.consumer(queue))
    },
  }),
  brokerClause('CLOSE-5', 'closing a consumer gives back what it holds at once', {
    run: (bench) =>
      givesBack(bench, async (queue) => {
        const consumer = await bench.consumer(queue)
        await bench.take(consumer, 5)
        await consumer.close()
      }),
  }),
  brokerClause('CLOSE-6', 'leaving an await using scope gives back what the consumer holds', {
    run: (bench) =>
      givesBack(bench, async (queue) => {
        const consumer = await bench.consumer(queue)
        await bench.take(consumer, 5)
        await consumer[Symbol.asyncDispose]()
      }),
  }),
  brokerClause(
    'CLOSE-7',
    'closing a broker gives back what its consumers hold, and hangs on no waiting receive',
    {
      run: (bench) =>
        givesBack(bench, async (queue) => {
          const { broker } = await bench.connect()
          await bench.take(await bench.consumer(queue, { broker }), 5)
          const waiting = (await bench.consumer(bench.name(), { broker })).receive(1, {
            waitMs: 10 * bench.graceMs,
          })
          waiting.catch(() => undefined)
          await bench.within('close', broker.close())
          const got = await bench.within('the waiting receive', waiting).catch((error: unknown) => {
            assert.ok(
              QueueError.is(error, 'CLOSED'),
              `a waiting receive ends with [] or CLOSED, not ${String(error)}`,
            )
            return []
          })
          same(got, [], 'messages')
        }),
    },
  ),
  brokerClause('CLOSE-8', 'closing one client leaves another client alone', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue)
      const consumer = await bench.consumer(queue)
      const held = await bench.one(consumer)
      const other = await bench.connect()
      await bench.consumer(queue, { broker: other.broker })
      await other.broker[Symbol.asyncDispose]()
      await rejectsWith(
        () => other.broker.publish(queue, [bench.message()]),
        'CLOSED',
        'publish on the closed client',
      )
      const [sent] = await bench.publish(queue)
      same((await bench.one(consumer)).message.id, sent!.id, 'the only message that is not held')
      await bench.settle(consumer, { receipt: held.receipt, as: 'ack' })
    },
  }),
  brokerClause('CLOSE-9', 'closing the broker leaves the other parts of its transport usable', {
    async run(bench) {
      const { broker, results, channel } = await bench.connect()
      await broker.close()
      if (results !== undefined) same(await results.swap(bench.name(), null, null, 0), null, 'an absent key')
      if (channel !== undefined) await channel.broadcast(bench.name(), Buffer.from('hello'))
    },
  }),
]

function* callsOf(broker: Broker, bench: Workbench): Generator<readonly [string, () => Promise<unknown>]> {
  const queue = bench.name()
  const { deadLetters } = broker
  yield ['open', () => broker.open()]
  yield ['publish', () => broker.publish(queue, [bench.message()])]
  yield ['consume', () => broker.consume(queue, { leaseMs: bench.longMs, prefetch: 1 })]
  if (broker.inspect !== undefined) yield ['inspect', () => broker.inspect!(queue)]
  if (broker.queues !== undefined) yield ['queues', () => broker.queues!()]
  if (broker.peek !== undefined) yield ['peek', () => broker.peek!(queue, 1)]
  if (broker.purge !== undefined) yield ['purge', () => broker.purge!(queue)]
  if (deadLetters === undefined) return
  yield ['deadLetters.list', () => deadLetters.list(queue, { limit: 1 })]
  yield ['deadLetters.redrive', () => deadLetters.redrive(queue)]
  yield ['deadLetters.drop', () => deadLetters.drop(queue)]
}

async function givesBack(bench: Workbench, takeAndLeave: (queue: string) => Promise<void>): Promise<void> {
  const queue = bench.name()
  const sent = await bench.publish(queue, 5)
  await takeAndLeave(queue)
  const got = await bench.take(await bench.consumer(queue), 5)
  same(got.map(({ message }) => message.id).toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
}
