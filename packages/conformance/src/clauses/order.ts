import { same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

export const ORDER_CLAUSES: readonly Clause[] = [
  brokerClause('PRIO-1', 'a higher priority level goes first', {
    when: ({ priorityLevels }) => priorityLevels > 1,
    otherwise: {
      sentence: 'priorities are accepted, and none keeps a message from coming',
      run: anyPriorityArrives,
    },
    async run(bench) {
      const queue = bench.name()
      const sent = await bench.publish(
        queue,
        [0, 100, 50, 0, 100].map((priority) => ({ priority })),
      )
      same(
        await prioritiesOf(bench, queue, sent),
        [...sent].toSorted((a, b) => b.priority - a.priority).map(({ priority }) => levelOf(bench, priority)),
        'levels in the order they came',
      )
    },
  }),
  brokerClause('PRIO-2', 'all 101 priorities are kept apart', {
    when: ({ priorityLevels }) => priorityLevels >= 101,
    otherwise: {
      sentence: 'priorities are mapped onto the levels there are, floor(priority * levels / 101)',
      async run(bench) {
        const queue = bench.name()
        const sent = await bench.publish(queue, shuffled())
        const levels = await prioritiesOf(bench, queue, sent)
        if (bench.supports.priorityLevels > 1)
          same(
            levels,
            levels.toSorted((a, b) => b - a),
            'levels in the order they came',
          )
      },
    },
    async run(bench) {
      const queue = bench.name()
      const sent = await bench.publish(queue, shuffled())
      same(
        await prioritiesOf(bench, queue, sent),
        Array.from({ length: 101 }, (_, index) => 100 - index),
        'priorities in the order they came',
      )
    },
  }),
  brokerClause('ORDER-1', 'within a priority, first in is first out', {
    when: ({ ordered }) => ordered === 'queue',
    otherwise: {
      sentence: 'all messages come, in whatever order',
      run: (bench) => allCome(bench, undefined),
    },
    async run(bench) {
      const queue = bench.name()
      const sent = [...(await bench.publish(queue, 50)), ...(await bench.publish(queue, 50))]
      const consumer = await bench.consumer(queue)
      const got = [
        ...(await bench.take(consumer, 1)),
        ...(await bench.take(consumer, 30)),
        ...(await bench.take(consumer, 69)),
      ]
      same(
        got.map(({ message }) => message.id),
        sent.map(({ id }) => id),
        'ids in the order they came',
      )
    },
  }),
  brokerClause('ORDER-2', 'within a group, first in is first out', {
    when: ({ ordered }) => ordered !== 'none',
    otherwise: {
      sentence: 'messages of a group all come, in whatever order',
      run: (bench) => allCome(bench, 'one group'),
    },
    async run(bench) {
      const queue = bench.name()
      const groups = ['a', 'b', 'c']
      const sent = await bench.publish(
        queue,
        Array.from({ length: 30 }, (_, index) => ({ group: groups[index % 3]! })),
      )
      const consumer = await bench.consumer(queue)
      const got: { readonly id: string; readonly group?: string | undefined }[] = []
      // Settled one by one: a broker may hold back the next of a group until then.
      while (got.length < sent.length) {
        const delivery = await bench.one(consumer)
        got.push(delivery.message)
        await bench.ack(consumer, [delivery])
      }
      for (const group of groups) {
        const idsOf = (messages: typeof got): readonly string[] =>
          messages.filter((message) => message.group === group).map(({ id }) => id)
        same(idsOf(got), idsOf([...sent]), `ids of group ${group} in the order they came`)
      }
    },
  }),
  brokerClause('ORDER-3', 'what was released goes before what was published after it', {
    when: ({ ordered }) => ordered === 'queue',
    otherwise: 'RELEASE-1',
    async run(bench) {
      const queue = bench.name()
      const sent = await bench.publish(queue, 4)
      const consumer = await bench.consumer(queue)
      const held = await bench.take(consumer, 2)
      await bench.settle(consumer, ...held.map(({ receipt }) => ({ receipt, as: 'release' as const })))
      const got = await bench.take(consumer, 4)
      same(
        got
          .slice(0, 2)
          .map(({ message }) => message.id)
          .toSorted(),
        sent
          .slice(0, 2)
          .map(({ id }) => id)
          .toSorted(),
        'the first two',
      )
    },
  }),
  brokerClause('DEDUPE-1', 'within dedupeMs, a second publish of an id is dropped without a failure', {
    when: ({ dedupeMs }) => dedupeMs > 0,
    otherwise: {
      sentence: 'a second publish of an id is a second message',
      async run(bench) {
        const queue = bench.name()
        const id = bench.name()
        await bench.publish(queue, [{ id }, { id }])
        await bench.publish(queue, [{ id }])
        const consumer = await bench.consumer(queue)
        const got = await bench.take(consumer, 3)
        same(new Set(got.map(({ receipt }) => receipt)).size, 3, 'different receipts')
        await bench.ack(consumer, got)
      },
    },
    async run(bench) {
      const queue = bench.name()
      const id = bench.name()
      const startedAt = bench.now()
      await bench.publish(queue, [{ id }, { id }, { id: `${id}-other` }])
      await bench.publish(queue, [{ id }])
      bench.inTime(startedAt, bench.supports.dedupeMs)
      const consumer = await bench.consumer(queue)
      const got = await bench.take(consumer, 2)
      same(got.map(({ message }) => message.id).toSorted(), [id, `${id}-other`].toSorted(), 'ids')
      await bench.nothing(consumer, 'the repeated ones')
    },
  }),
  brokerClause('DEDUPE-2', 'after dedupeMs the id is accepted again', {
    when: ({ dedupeMs }) => dedupeMs > 0 && dedupeMs <= 5000,
    otherwise: {
      sentence: 'an id that is done is accepted again after whatever window there is',
      async run(bench) {
        if (bench.supports.dedupeMs > 0) return // too long to wait for
        const queue = bench.name()
        const consumer = await bench.consumer(queue)
        const id = bench.name()
        for (let round = 0; round < 2; round += 1) {
          await bench.publish(queue, [{ id }])
          const delivery = await bench.one(consumer)
          same(delivery.deliveries, 1, 'deliveries of a message published anew')
          await bench.ack(consumer, [delivery])
        }
      },
    },
    async run(bench) {
      const queue = bench.name()
      const id = bench.name()
      await bench.publish(queue, [{ id }])
      await bench.sleep(bench.supports.dedupeMs + bench.supports.clockMs)
      await bench.publish(queue, [{ id }])
      await bench.take(await bench.consumer(queue), 2)
    },
  }),
  brokerClause('DEDUPE-3', 'a repeated id never swallows a retry or a release', {
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue)
      const consumer = await bench.consumer(queue)
      await bench.settle(consumer, {
        receipt: (await bench.one(consumer)).receipt,
        as: 'retry',
        delayMs: 0,
        headers: {},
      })
      await bench.settle(consumer, { receipt: (await bench.one(consumer)).receipt, as: 'release' })
      same((await bench.one(consumer)).message.id, sent!.id, 'the id')
    },
  }),
]

function shuffled(): readonly { readonly priority: number }[] {
  return Array.from({ length: 101 }, (_, index) => ({ priority: (index * 37) % 101 }))
}

function levelOf(bench: Workbench, priority: number): number {
  return Math.floor((priority * bench.supports.priorityLevels) / 101)
}

/** By what was sent, not by what came out: a broker may keep the level alone. */
async function prioritiesOf(
  bench: Workbench,
  queue: string,
  sent: readonly { readonly id: string; readonly priority: number }[],
): Promise<readonly number[]> {
  const byId = new Map(sent.map(({ id, priority }) => [id, priority]))
  const got = await bench.take(await bench.consumer(queue), sent.length)
  same(got.map(({ message }) => message.id).toSorted(), [...byId.keys()].toSorted(), 'ids')
  for (const { message } of got)
    same(levelOf(bench, message.priority), levelOf(bench, byId.get(message.id)!), `level of ${message.id}`)
  return got.map(({ message }) => levelOf(bench, byId.get(message.id)!))
}

async function anyPriorityArrives(bench: Workbench): Promise<void> {
  const queue = bench.name()
  await prioritiesOf(
    bench,
    queue,
    await bench.publish(
      queue,
      [0, 100, 50].map((priority) => ({ priority })),
    ),
  )
}

async function allCome(bench: Workbench, group: string | undefined): Promise<void> {
  const queue = bench.name()
  const sent = await bench.publish(
    queue,
    Array.from({ length: 50 }, () => (group === undefined ? {} : { group })),
  )
  const consumer = await bench.consumer(queue)
  const got: string[] = []
  while (got.length < sent.length) {
    const delivery = await bench.one(consumer)
    got.push(delivery.message.id)
    await bench.ack(consumer, [delivery])
  }
  same(got.toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
}
