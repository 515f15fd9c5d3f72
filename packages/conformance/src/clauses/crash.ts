import assert from 'node:assert/strict'
import { QueueError } from '@bananasjs/core/contract'
import type { Consumer, Delivery } from '@bananasjs/core/contract'
import { same, sameBytes } from '../checks.ts'
import { brokerClause, channelClause, resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Workbench } from '../workbench.ts'

const CUTS = 100
/** So often refused on one turn of the event loop, and it would not turn any more. */
const REFUSALS = 1000

export const CRASH_CLAUSES: readonly Clause[] = [
  brokerClause('CRASH-1', 'a consumer that is cut in mid-fetch receives again, 100 times', {
    crash: true,
    async run(bench) {
      const queue = bench.name()
      const transport = await bench.connect()
      // What was on its way into the cut belongs to nobody who knows of it, and comes back when its lease ends.
      const consumer = await bench.consumer(queue, { broker: transport.broker, leaseMs: bench.shortMs })
      for (let round = 1; round <= CUTS; round += 1) {
        const waiting = receiveDespiteCuts(bench, consumer)
        if (round % 3 === 0) await bench.sleep(round % 7)
        await bench.crash(transport)
        const [sent] = await bench.publish(queue)
        const deliveries = await waiting
        same(
          deliveries.map(({ message }) => message.id),
          [sent!.id],
          `messages after cut ${round}`,
        )
        await settleDespiteCuts(bench, consumer, deliveries)
      }
    },
  }),
  brokerClause(
    'CRASH-2',
    'what a cut client held comes back to others, or may still be settled; nothing is lost',
    {
      crash: true,
      async run(bench) {
        const queue = bench.name()
        const sent = await bench.publish(queue, 10)
        const transport = await bench.connect()
        const cut = await bench.consumer(queue, { broker: transport.broker, leaseMs: bench.shortMs })
        const held = await bench.take(cut, 10)
        await bench.crash(transport)
        const [first] = held
        const failures = await bench
          .persist('a settle after the cut', () => cut.settle([{ receipt: first!.receipt, as: 'ack' }]))
          .catch((error: unknown) => {
            assert.ok(
              QueueError.is(error, 'LEASE_LOST'),
              `a settle after a cut ends with LEASE_LOST at worst, not ${String(error)}`,
            )
            return [{ index: 0, error }]
          })
        const expected = sent
          .map(({ id }) => id)
          .filter((id) => failures.length > 0 || id !== first!.message.id)
        const got = await bench.take(await bench.consumer(queue), expected.length)
        same(got.map(({ message }) => message.id).toSorted(), expected.toSorted(), 'ids that come back')
      },
    },
  ),
  brokerClause('CRASH-3', 'what publish accepted survives a cut, and the cut client publishes again', {
    crash: true,
    async run(bench) {
      const queue = bench.name()
      const transport = await bench.connect()
      const before = await bench.publish(queue, 10, transport.broker)
      await bench.crash(transport)
      const message = bench.message()
      same(
        await bench.persist('a publish after the cut', () => transport.broker.publish(queue, [message])),
        [],
        'failures',
      )
      const wanted = new Set([...before, message].map(({ id }) => id))
      const consumer = await bench.consumer(queue)
      await bench.until('all messages come', async () => {
        for (const delivery of await consumer.receive(20, { waitMs: bench.quietMs }))
          wanted.delete(delivery.message.id)
        return wanted.size === 0
      })
    },
  }),
  brokerClause('CRASH-4', 'a client that was cut closes without hanging', {
    crash: true,
    async run(bench) {
      const transport = await bench.connect()
      const consumer = await bench.consumer(bench.name(), { broker: transport.broker })
      const waiting = consumer.receive(1, { waitMs: 10 * bench.graceMs }).catch(() => [])
      await bench.crash(transport)
      await bench.within('closing a cut client', transport.broker.close())
      same(await bench.within('the waiting receive', waiting), [], 'messages')
    },
  }),
  resultClause('CRASH-5', 'what was put survives a cut, and the cut client reads and swaps again', {
    crash: true,
    async run(bench) {
      const transport = await bench.connect()
      const results = transport.results!
      const id = bench.name()
      await results.put([{ id, state: 'succeeded', value: Buffer.from('kept'), ttlMs: 60_000 }])
      await bench.crash(transport)
      const [record] = await bench.persist('a get after the cut', () => results.get([id]))
      assert.ok(record, 'the record that was put before the cut')
      sameBytes(record.value, Buffer.from('kept'), 'the value')
      const mine = Buffer.from('mine')
      const stored = await bench.persist('a swap after the cut', () =>
        results.swap(bench.name(), null, mine, 60_000),
      )
      sameBytes(stored, mine, 'the swapped value')
    },
  }),
  channelClause('CRASH-6', 'a listener that was cut hears again', {
    crash: true,
    async run(bench) {
      const topic = bench.name()
      const transport = await bench.connect()
      const ear = await bench.listen([topic], { channel: transport.channel! })
      await bench.channel.broadcast(topic, Buffer.from('before'))
      await bench.until('the listener hears', () => ear.texts.includes('before'))
      await bench.crash(transport)
      await bench.until('the listener hears again', async () => {
        await bench.channel.broadcast(topic, Buffer.from('after'))
        return ear.texts.includes('after')
      })
    },
  }),
  brokerClause(
    'CRASH-7',
    'a caller that goes on at once when refused does not keep a cut client from coming back',
    {
      crash: true,
      async run(bench) {
        const queue = bench.name()
        const transport = await bench.connect()
        await bench.publish(queue, 1, transport.broker)
        let over = false
        const cutting = bench.crash(transport).then(() => (over = true))
        for (let refusals = 0, goesOn = true; goesOn;) {
          let turned = false
          const turn = setImmediate(() => (turned = true))
          const accepted = await bench.within(
            'a publish after the cut',
            transport.broker.publish(queue, [bench.message()]).then(
              () => true,
              () => false,
            ),
          )
          clearImmediate(turn)
          refusals = accepted || turned ? 0 : refusals + 1
          assert.ok(
            refusals < REFUSALS,
            `publish was refused ${REFUSALS} times without the event loop turning: a client that was cut must wait, or refuse on a later turn`,
          )
          goesOn = !accepted || !over
        }
        await cutting
      },
    },
  ),
]

async function receiveDespiteCuts(bench: Workbench, consumer: Consumer): Promise<readonly Delivery[]> {
  const deadline = bench.now() + bench.graceMs
  for (;;) {
    const deliveries = await bench.persist('a receive that is cut', () =>
      consumer.receive(1, { waitMs: bench.graceMs / 2 }),
    )
    if (deliveries.length > 0) return deliveries
    assert.ok(bench.now() < deadline, `nothing is received within ${bench.graceMs} ms after a cut`)
  }
}

/** A lease that was its connection is gone with it; then the message comes again and is settled then. */
async function settleDespiteCuts(
  bench: Workbench,
  consumer: Consumer,
  deliveries: readonly Delivery[],
): Promise<void> {
  const settlements = deliveries.map(({ receipt }) => ({ receipt, as: 'ack' as const }))
  const failures = await bench.persist('a settle', () => consumer.settle(settlements))
  if (failures.length > 0) await settleDespiteCuts(bench, consumer, await receiveDespiteCuts(bench, consumer))
}
