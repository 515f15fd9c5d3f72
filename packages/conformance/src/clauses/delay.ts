import assert from 'node:assert/strict'
import { failsWith, same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

export const DELAY_CLAUSES: readonly Clause[] = [
  brokerClause('DELAY-1', 'a delayed message is never early, and wakes a consumer that waits', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: {
      sentence: 'a broker that keeps no delay refuses a delayed message with UNSUPPORTED',
      run: refusesLongDelay,
    },
    async run(bench) {
      const queue = bench.name()
      const delayMs = Math.min(bench.shortMs, bench.supports.maxDelayMs)
      const consumer = await bench.consumer(queue)
      const startedAt = bench.now()
      const [sent] = await bench.publish(queue, [{ delayMs }])
      const { message, deliveries } = await bench.one(consumer)
      const tookMs = bench.now() - startedAt
      assert.ok(tookMs >= delayMs - 1, `a message delayed by ${delayMs} ms came after ${tookMs}`)
      same(message.id, sent!.id, 'the id')
      same([message.delayMs, deliveries], [0, 1], 'delayMs and deliveries')
    },
  }),
  brokerClause(
    'DELAY-2',
    'a delay beyond maxDelayMs is refused with UNSUPPORTED, and its neighbours are accepted',
    {
      when: ({ maxDelayMs }) => Number.isFinite(maxDelayMs),
      otherwise: {
        sentence: 'a message may be delayed for a year',
        async run(bench) {
          const queue = bench.name()
          await bench.publish(queue, [{ delayMs: 366 * 86_400_000 }, { delayMs: 2 ** 31 + 1 }])
          await bench.nothing(await bench.consumer(queue), 'messages due in a year')
        },
      },
      run: refusesLongDelay,
    },
  ),
  brokerClause('DELAY-3', 'a delayed message holds up nothing behind it', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: 'DELAY-1',
    async run(bench) {
      const queue = bench.name()
      const delayMs = Math.min(20 * bench.shortMs, bench.supports.maxDelayMs)
      await bench.publish(queue, [{ delayMs, priority: 100 }])
      const startedAt = bench.now()
      const [behind] = await bench.publish(queue, [{ priority: 0 }])
      const { message } = await bench.one(await bench.consumer(queue))
      bench.inTime(startedAt, delayMs)
      same(message.id, behind!.id, 'the id')
    },
  }),
  brokerClause('DELAY-4', 'delayed messages come in the order they are due, each in its time', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: 'DELAY-1',
    async run(bench) {
      const queue = bench.name()
      const step = Math.min(bench.shortMs, bench.supports.maxDelayMs / 3)
      const startedAt = bench.now()
      const sent = await bench.publish(
        queue,
        [3, 1, 2].map((times) => ({ id: `${queue}-${times}`, delayMs: times * step })),
      )
      const consumer = await bench.consumer(queue)
      for (const times of [1, 2, 3]) {
        const { message } = await bench.one(consumer)
        const tookMs = bench.now() - startedAt
        // Two that are due may come in any order where there is none.
        if (bench.supports.ordered === 'none' && times < sent.length)
          bench.inTime(startedAt, (times + 1) * step)
        same(message.id, `${queue}-${times}`, `message ${times} of ${sent.length}`)
        assert.ok(tookMs >= times * step - 1, `a message delayed by ${times * step} ms came after ${tookMs}`)
      }
    },
  }),
  brokerClause('DELAY-5', 'a delay lasts while nobody consumes, and the message is there afterwards', {
    when: ({ maxDelayMs }) => maxDelayMs > 0,
    otherwise: 'PUB-11',
    async run(bench) {
      const queue = bench.name()
      const delayMs = Math.min(bench.shortMs, bench.supports.maxDelayMs)
      const first = await bench.connect()
      const [sent] = await bench.publish(queue, [{ delayMs }], first.broker)
      await first.broker.close()
      await bench.sleep(delayMs + bench.supports.clockMs)
      same((await bench.one(await bench.consumer(queue))).message.id, sent!.id, 'the id')
    },
  }),
]

async function refusesLongDelay(bench: Workbench): Promise<void> {
  const queue = bench.name()
  const delayMs = bench.supports.maxDelayMs + 1
  const messages = [bench.message(), bench.message({ delayMs }), bench.message()]
  failsWith(
    await bench.publishAll(queue, messages),
    { 1: 'UNSUPPORTED' },
    `a publish with a delay of ${delayMs} ms`,
  )
  const consumer = await bench.consumer(queue)
  await bench.take(consumer, 2)
  await bench.nothing(consumer, 'the refused message')
}
