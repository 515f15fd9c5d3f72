import assert from 'node:assert/strict'
import type { DeadLetter, DeadLetters, Message } from '@bananasjs/core/contract'
import { failsWith, noFailures, same, sameBytes, sameHeaders } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Alternative, Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

const BODY = Uint8Array.of(0, 255, 1, 254)
const absent: Alternative<Workbench> = {
  sentence: 'dead-lettering works, though the letters cannot be read here',
  async run(bench) {
    same(bench.broker.deadLetters, undefined, 'deadLetters, which supports denies')
    await staysDead(bench)
  },
}

export const DEAD_LETTER_CLAUSES: readonly Clause[] = [
  brokerClause('DEAD-1', 'a dead-lettered message is never handed over again', { run: staysDead }),
  brokerClause('DEAD-2', 'a dead letter tells its message, its reason, its deliveries and when it died', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue, [{ body: BODY, headers: { old: 'gone' } }])
      const consumer = await bench.consumer(queue)
      await bench.settle(consumer, {
        receipt: (await bench.one(consumer)).receipt,
        as: 'retry',
        delayMs: 0,
        headers: { old: 'gone' },
      })
      const reason = `Error: it broke 🍌\n    at line 1\n${'x'.repeat(500)}`
      await bench.settle(consumer, {
        receipt: (await bench.one(consumer)).receipt,
        as: 'deadLetter',
        reason,
        headers: { new: 'kept ä' },
      })
      const [letter, ...others] = await lettersOf(bench, queue, 1)
      same(others, [], 'other letters')
      same(letter!.message.id, sent!.id, 'the id')
      sameBytes(letter!.message.body, BODY, 'the body')
      sameHeaders(letter!.message.headers, { new: 'kept ä' }, 'the headers')
      same([letter!.reason, letter!.deliveries], [reason, 2], 'reason and deliveries')
      assert.ok(
        Number.isFinite(letter!.deadAt) && letter!.deadAt > 0,
        `deadAt is a time, not ${letter!.deadAt}`,
      )
    },
  }),
  brokerClause('DEAD-3', 'without headers of its own a dead letter keeps those of the message', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const queue = bench.name()
      await kill(bench, queue, [{ headers: { kept: 'yes' } }])
      sameHeaders((await lettersOf(bench, queue, 1))[0]!.message.headers, { kept: 'yes' }, 'the headers')
    },
  }),
  brokerClause('DEAD-4', 'letters are listed oldest first, page by page, each once', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const queue = bench.name()
      const dead: string[] = []
      for (let round = 0; round < 7; round += 1) dead.push((await kill(bench, queue, [{}]))[0]!.id)
      await lettersOf(bench, queue, 7)
      const seen: string[] = []
      let after: string | undefined
      let pages = 0
      do {
        const page = await deadLettersOf(bench).list(
          queue,
          after === undefined ? { limit: 3 } : { limit: 3, after },
        )
        assert.ok(page.letters.length <= 3, `a page of ${page.letters.length} where 3 was the limit`)
        seen.push(...page.letters.map(({ message }) => message.id))
        after = page.next
        pages += 1
      } while (after !== undefined && pages < 10)
      same(seen, dead, 'ids over all pages')
      same(
        (await deadLettersOf(bench).list(bench.name(), { limit: 3 })).letters,
        [],
        'letters of a queue never used',
      )
    },
  }),
  brokerClause(
    'DEAD-5',
    'redrive puts the named letters back as fresh messages with the headers they died with',
    {
      when: ({ deadLetters }) => deadLetters,
      otherwise: absent,
      async run(bench) {
        const queue = bench.name()
        const consumer = await bench.consumer(queue)
        const [chosen, left] = await bench.publish(queue, 2)
        for (let round = 0; round < 2; round += 1) {
          for (const { receipt } of await bench.take(consumer, 2)) {
            if (round === 0) await bench.settle(consumer, { receipt, as: 'retry', delayMs: 0, headers: {} })
            else
              await bench.settle(consumer, {
                receipt,
                as: 'deadLetter',
                reason: 'broken',
                headers: { ready: 'for a redrive' },
              })
          }
        }
        // Nobody reads meanwhile: what is pushed to a reader that does not ask may count as a delivery.
        await consumer.close()
        await lettersOf(bench, queue, 2)
        same(
          await deadLettersOf(bench).redrive(queue, { ids: [chosen!.id, 'no such id'] }),
          1,
          'letters put back',
        )
        const { message, deliveries } = await bench.one(await bench.consumer(queue))
        same([message.id, deliveries], [chosen!.id, 1], 'id and deliveries')
        sameHeaders(message.headers, { ready: 'for a redrive' }, 'the headers')
        sameBytes(message.body, chosen!.body, 'the body')
        same(
          (await lettersOf(bench, queue, 1)).map((letter) => letter.message.id),
          [left!.id],
          'letters left',
        )
      },
    },
  ),
  brokerClause('DEAD-6', 'redrive without ids puts back all letters, once', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const queue = bench.name()
      const dead = await kill(bench, queue, [{}, {}, {}])
      await lettersOf(bench, queue, 3)
      same(await deadLettersOf(bench).redrive(queue), 3, 'letters put back')
      same(await deadLettersOf(bench).redrive(queue), 0, 'letters put back the second time')
      const got = await bench.take(await bench.consumer(queue), 3)
      same(got.map(({ message }) => message.id).toSorted(), dead.map(({ id }) => id).toSorted(), 'ids')
    },
  }),
  brokerClause('DEAD-7', 'drop forgets the named letters, or all', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const queue = bench.name()
      const dead = await kill(bench, queue, [{}, {}, {}])
      await lettersOf(bench, queue, 3)
      same(await deadLettersOf(bench).drop(queue, { ids: [dead[1]!.id, 'no such id'] }), 1, 'letters dropped')
      same(
        (await lettersOf(bench, queue, 2)).map(({ message }) => message.id).toSorted(),
        [dead[0]!.id, dead[2]!.id].toSorted(),
        'letters left',
      )
      same(await deadLettersOf(bench).drop(queue), 2, 'letters dropped')
      await lettersOf(bench, queue, 0)
      same(await deadLettersOf(bench).redrive(queue), 0, 'letters put back')
      await bench.nothing(await bench.consumer(queue), 'dropped letters')
    },
  }),
  brokerClause('DEAD-8', 'the letters of one queue are not those of another', {
    when: ({ deadLetters }) => deadLetters,
    otherwise: absent,
    async run(bench) {
      const [one, two] = [bench.name(), bench.name()]
      const id = bench.name()
      await kill(bench, one, [{ id }])
      await kill(bench, two, [{ id }])
      await lettersOf(bench, two, 1)
      same(await deadLettersOf(bench).drop(one, { ids: [id] }), 1, 'letters dropped from one queue')
      same((await lettersOf(bench, two, 1)).length, 1, 'letters left in the other')
    },
  }),
]

function deadLettersOf({ broker }: Workbench): DeadLetters {
  assert.ok(broker.deadLetters, 'deadLetters is present, as supports says')
  return broker.deadLetters
}

/** All letters, once there are that many. */
async function lettersOf(bench: Workbench, queue: string, count: number): Promise<readonly DeadLetter[]> {
  let letters: readonly DeadLetter[] = []
  await bench.until(`queue ${queue} has ${count} letters`, async () => {
    letters = (await deadLettersOf(bench).list(queue, { limit: 100 })).letters
    return letters.length === count
  })
  return letters
}

async function kill(
  bench: Workbench,
  queue: string,
  wanted: readonly Partial<Message>[],
): Promise<readonly Message[]> {
  const sent = await bench.publish(queue, wanted)
  const consumer = await bench.consumer(queue)
  for (const { receipt } of await bench.take(consumer, sent.length))
    await bench.settle(consumer, { receipt, as: 'deadLetter', reason: 'broken' })
  await consumer.close()
  return sent
}

async function staysDead(bench: Workbench): Promise<void> {
  const queue = bench.name()
  await bench.publish(queue)
  const consumer = await bench.consumer(queue, { leaseMs: bench.shortMs })
  const startedAt = bench.now()
  const { receipt } = await bench.one(consumer)
  const failures = await consumer.settle([{ receipt, as: 'deadLetter', reason: 'broken' }])
  bench.inLease(startedAt, bench.shortMs)
  noFailures(failures, 'settle')
  await bench.nothing(consumer, 'a dead message after its lease', bench.shortMs + bench.quietMs)
  if (bench.supports.lease.fenced)
    failsWith(
      await consumer.settle([{ receipt, as: 'release' }]),
      { 0: 'LEASE_LOST' },
      'a release after dead-lettering',
    )
  await consumer.close()
  await bench.nothing(await bench.consumer(queue), 'a dead message after its consumer')
}
