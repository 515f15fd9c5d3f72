import assert from 'node:assert/strict'
import { QueueError } from '@bananasjs/core/contract'
import { failsWith, noFailures, same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'

const MIB = 1024 * 1024
/** Beyond this, a limit is not tried: it would cost more memory than a test should. */
const LARGEST = 64 * MIB
const MOST = 2000

export const LIMIT_CLAUSES: readonly Clause[] = [
  brokerClause(
    'LIMIT-1',
    'a message above maxMessageBytes is refused with TOO_LARGE, its neighbours are not',
    {
      when: ({ maxMessageBytes }) => maxMessageBytes <= LARGEST,
      otherwise: 'LIMIT-2',
      async run(bench) {
        const queue = bench.name()
        const body = new Uint8Array(bench.supports.maxMessageBytes)
        const messages = [
          bench.message(),
          bench.message({ body, headers: { one: 'byte more, and then some' } }),
          bench.message(),
        ]
        failsWith(
          await bench.publishAll(queue, messages),
          { 1: 'TOO_LARGE' },
          'a publish with one message too large',
        )
        const consumer = await bench.consumer(queue)
        const got = await bench.take(consumer, 2)
        same(
          got.map(({ message }) => message.id).toSorted(),
          [messages[0]!.id, messages[2]!.id].toSorted(),
          'ids',
        )
        await bench.nothing(consumer, 'the refused message')
      },
    },
  ),
  brokerClause('LIMIT-2', 'a large body passes unchanged, up to maxMessageBytes', {
    async run(bench) {
      const queue = bench.name()
      const bytes = Math.max(1, Math.min(bench.supports.maxMessageBytes, MIB) - 1024)
      const body = Uint8Array.from({ length: bytes }, (_, index) => (index * 31) % 251)
      await bench.publish(queue, [{ body }])
      const { message } = await bench.one(await bench.consumer(queue))
      assert.ok(
        Buffer.compare(message.body, body) === 0,
        `a body of ${bytes} bytes came out changed, with ${message.body.length} bytes`,
      )
    },
  }),
  brokerClause('LIMIT-3', 'maxBatch messages pass in one publish, and their settlements in one settle', {
    async run(bench) {
      const queue = bench.name()
      const count = Math.min(bench.supports.maxBatch, MOST)
      const messages = Array.from({ length: count }, () => bench.message({ body: Buffer.from('x') }))
      noFailures(await bench.broker.publish(queue, messages), `a publish of ${count}`)
      const consumer = await bench.consumer(queue, { prefetch: count })
      const got = await bench.take(consumer, count)
      same(new Set(got.map(({ message }) => message.id)).size, count, 'different messages')
      noFailures(
        await consumer.settle(got.map(({ receipt }) => ({ receipt, as: 'ack' }))),
        `a settle of ${count}`,
      )
      await consumer.close()
      await bench.nothing(await bench.consumer(queue), 'messages after all were acknowledged')
    },
  }),
  brokerClause(
    'LIMIT-4',
    'a batch above maxBatch is stored whole or refused with INVALID, never cut in silence',
    {
      when: ({ maxBatch }) => maxBatch < MOST,
      otherwise: 'LIMIT-3',
      async run(bench) {
        const queue = bench.name()
        const count = bench.supports.maxBatch + 1
        const messages = Array.from({ length: count }, () => bench.message({ body: Buffer.from('x') }))
        const stored = await bench.broker.publish(queue, messages).then(
          (failures) => count - failures.length,
          (error: unknown) => {
            assert.ok(QueueError.is(error, 'INVALID'), `expected INVALID, got ${String(error)}`)
            return 0
          },
        )
        const consumer = await bench.consumer(queue, { prefetch: count })
        await bench.take(consumer, stored)
        await bench.nothing(consumer, 'messages beyond those that were accepted')
      },
    },
  ),
  brokerClause('LIMIT-5', 'one receive returns no more than maxBatch', {
    when: ({ maxBatch }) => maxBatch < MOST,
    otherwise: 'RECV-1',
    async run(bench) {
      const queue = bench.name()
      const { maxBatch } = bench.supports
      await bench.publish(
        queue,
        Array.from({ length: maxBatch + 5 }, () => ({ body: Buffer.from('x') })),
      )
      const consumer = await bench.consumer(queue, { prefetch: maxBatch + 5 })
      const first = await consumer.receive(maxBatch + 5, { waitMs: bench.graceMs })
      assert.ok(
        first.length >= 1 && first.length <= maxBatch,
        `receive returned ${first.length}, maxBatch is ${maxBatch}`,
      )
      await bench.take(consumer, maxBatch + 5 - first.length)
    },
  }),
]
