import { rejectsWith, same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { LONG_NAMES, ODD_NAMES } from '../odd-names.ts'
import type { Workbench } from '../workbench.ts'

export const NAME_CLAUSES: readonly Clause[] = [
  brokerClause('NAME-1', 'queues of any name work, and names that look alike stay apart', {
    run: (bench) => each(bench, ODD_NAMES),
  }),
  brokerClause('NAME-2', 'queue names may have up to 255 bytes, and all of them count', {
    run: (bench) => each(bench, LONG_NAMES),
  }),
  brokerClause('NAME-3', 'an impossible queue name is refused with INVALID', {
    async run(bench) {
      for (const name of [
        '',
        'x'.repeat(256),
        '\u00fc'.repeat(128),
        'nul\u0000',
        'line\nbreak',
        'tab\t',
        '\u007f',
        'lone \ud800 surrogate',
      ]) {
        const what = `the queue name ${JSON.stringify(name.slice(0, 20))}`
        await rejectsWith(
          () => bench.broker.publish(name, [bench.message()]),
          'INVALID',
          `publish to ${what}`,
        )
        await rejectsWith(
          () => bench.broker.consume(name, { leaseMs: bench.longMs, prefetch: 1 }),
          'INVALID',
          `consume of ${what}`,
        )
      }
    },
  }),
  brokerClause('NAME-4', 'a queue exists from its first use on, which may be a consumer', {
    async run(bench) {
      const queue = bench.name()
      const consumer = await bench.consumer(queue)
      same(await consumer.receive(10), [], 'messages of a new queue')
      const [sent] = await bench.publish(queue)
      same((await bench.one(consumer)).message.id, sent!.id, 'the id')
    },
  }),
]

/** One message into each queue, then out of each; whatever an earlier run left behind is put away. */
async function each(bench: Workbench, names: readonly string[]): Promise<void> {
  const run = bench.name()
  await Promise.all(names.map((name) => bench.publish(name, [{ id: `${run} ${name}` }])))
  for (const name of names) {
    const consumer = await bench.consumer(name)
    const got: string[] = []
    await bench.until(`the message of queue ${JSON.stringify(name)} arrives`, async () => {
      const deliveries = await consumer.receive(100, { waitMs: bench.quietMs })
      await bench.ack(consumer, deliveries)
      got.push(...deliveries.map(({ message }) => message.id).filter((id) => id.startsWith(run)))
      return got.length > 0
    })
    same(got, [`${run} ${name}`], `what comes out of queue ${JSON.stringify(name)}`)
    await consumer.close()
  }
}
