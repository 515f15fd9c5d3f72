import assert from 'node:assert/strict'
import type { QueueCounts } from '@bananasjs/core/contract'
import { same, sameBytes } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

const ZEROS: QueueCounts = { ready: 0, delayed: 0, leased: 0, dead: 0 }

export const INSPECT_CLAUSES: readonly Clause[] = [
  brokerClause('INSPECT-1', 'inspect counts by state: all four, or ready and dead alone', {
    when: ({ inspect }) => inspect !== 'none',
    otherwise: {
      sentence: 'a broker that cannot count has no inspect',
      run: async ({ broker }) => same(broker.inspect === undefined, true, 'inspect is absent'),
    },
    async run(bench) {
      const queue = bench.name()
      const delayed =
        bench.supports.maxDelayMs > 0
          ? [{ delayMs: Math.min(bench.supports.maxDelayMs, 100 * bench.shortMs) }]
          : []
      await bench.publish(queue, [{}, {}, {}, {}, {}, ...delayed])
      const consumer = await bench.consumer(queue)
      const [dead] = await bench.take(consumer, 3)
      await bench.settle(consumer, { receipt: dead!.receipt, as: 'deadLetter', reason: 'broken' })
      await counts(bench, queue, { ready: 2, delayed: delayed.length, leased: 2, dead: 1 })
      await consumer.close()
      await counts(bench, queue, { ready: 4, delayed: delayed.length, leased: 0, dead: 1 })
    },
  }),
  brokerClause('INSPECT-2', 'a queue never used, and one that is drained, counts zeros', {
    when: ({ inspect }) => inspect !== 'none',
    otherwise: 'INSPECT-1',
    async run(bench) {
      const queue = bench.name()
      same({ ...(await bench.broker.inspect!(queue)) }, known(bench, ZEROS), 'counts of a queue never used')
      await bench.publish(queue, 3)
      const consumer = await bench.consumer(queue)
      await bench.ack(consumer, await bench.take(consumer, 3))
      await counts(bench, queue, ZEROS)
    },
  }),
  brokerClause('INSPECT-3', 'queues lists every queue that was used, sorted', {
    when: ({ inspect }) => inspect === 'counts',
    otherwise: {
      sentence: 'a broker that does not count everything has no queues to list',
      run: async ({ broker }) => same(broker.queues === undefined, true, 'queues is absent'),
    },
    async run(bench) {
      const names = [`${bench.name()}-b`, `${bench.name()}-a`, `${bench.name()} c/d`]
      for (const name of names) await bench.publish(name)
      let seen: readonly string[] = []
      await bench.until('queues lists the new names', async () => {
        seen = await (await bench.connect()).broker.queues!()
        return names.every((name) => seen.includes(name))
      })
      const mine = seen.filter((name) => names.includes(name))
      same(mine, names.toSorted(), 'the new names in the order they are listed')
    },
  }),
  brokerClause('PEEK-1', 'peek shows what would come next and takes nothing', {
    when: ({ peek }) => peek,
    otherwise: {
      sentence: 'a broker that cannot look has no peek',
      run: async ({ broker }) => same(broker.peek === undefined, true, 'peek is absent'),
    },
    async run(bench) {
      const queue = bench.name()
      same(await bench.broker.peek!(queue, 5), [], 'messages of a queue never used')
      const sent = await bench.publish(queue, 4)
      await bench.until(
        'peek shows two messages',
        async () => (await bench.broker.peek!(queue, 2)).length === 2,
      )
      const seen = await bench.broker.peek!(queue, 2)
      for (const message of seen) {
        const original = sent.find(({ id }) => id === message.id)
        assert.ok(original, `peek shows ${message.id}, which was never published`)
        sameBytes(message.body, original.body, 'the body')
      }
      const exact = bench.supports.ordered === 'queue'
      if (exact)
        same(
          seen.map(({ id }) => id),
          sent.slice(0, 2).map(({ id }) => id),
          'ids that peek shows',
        )
      const got = await bench.take(await bench.consumer(queue), 4)
      same(
        got.map(({ deliveries }) => deliveries),
        [1, 1, 1, 1],
        'deliveries after a peek',
      )
      same(await bench.broker.peek!(queue, 5), [], 'messages while all are held')
    },
  }),
  brokerClause(
    'PURGE-1',
    'purge removes what is ready or delayed, says how many, and leaves what is held or dead',
    {
      when: ({ purge }) => purge,
      otherwise: {
        sentence: 'a broker that cannot empty a queue has no purge',
        run: async ({ broker }) => same(broker.purge === undefined, true, 'purge is absent'),
      },
      async run(bench) {
        const queue = bench.name()
        same(await bench.broker.purge!(queue), 0, 'messages purged from a queue never used')
        const delayMs = Math.min(bench.supports.maxDelayMs, bench.shortMs)
        await bench.publish(queue, [{}, {}, {}, {}, ...(delayMs > 0 ? [{ delayMs }] : [])])
        const startedAt = bench.now()
        const consumer = await bench.consumer(queue)
        const [dead, held] = await bench.take(consumer, 2)
        await bench.settle(consumer, { receipt: dead!.receipt, as: 'deadLetter', reason: 'broken' })
        const purged = await bench.broker.purge!(queue)
        if (delayMs > 0) bench.inTime(startedAt, delayMs)
        same(purged, delayMs > 0 ? 3 : 2, 'messages purged')
        await bench.nothing(consumer, 'purged messages', delayMs + bench.quietMs)
        await bench.settle(consumer, { receipt: held!.receipt, as: 'release' })
        same((await bench.one(consumer)).message.id, held!.message.id, 'the one that was held')
        const { deadLetters } = bench.broker
        if (deadLetters !== undefined)
          await bench.until(
            'the letter is still there',
            async () => (await deadLetters.list(queue, { limit: 5 })).letters.length === 1,
          )
      },
    },
  ),
]

/** As far as this broker can know it. */
function known({ supports }: Workbench, all: QueueCounts): QueueCounts {
  return supports.inspect === 'ready' ? { ...all, delayed: undefined, leased: undefined } : all
}

async function counts(bench: Workbench, queue: string, all: QueueCounts): Promise<void> {
  const expected = known(bench, all)
  let actual = ZEROS
  const reached = async (): Promise<boolean> => {
    const { ready, delayed, leased, dead } = await bench.broker.inspect!(queue)
    actual = { ready, delayed, leased, dead }
    return Object.entries(expected).every(([key, count]) => actual[key as keyof QueueCounts] === count)
  }
  await bench.until('the counts settle', reached).catch(() => same(actual, expected, 'counts'))
}
