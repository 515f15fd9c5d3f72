import { cp, glob, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineTask } from '@bananasjs/core'
import type { Broker, Consumer, Delivery } from '@bananasjs/core/contract'
import { expect, test } from 'vitest'
import { appOn, message, server, transportOn, until } from './fixtures.ts'
import type { NatsProcess } from './nats-process.ts'

/**
 * A server writes down its messages and what its consumers remember apart, so a power cut, a crash of an old one or a
 * backup may bring back the one without the other. Here the messages are those of an earlier moment.
 */

const PATIENCE = { timeout: 120_000 }
/** A server writes a consumer again within a tenth of a second after it changed; a busy machine takes longer. */
const WRITING_MS = 1000
const LEASE = { leaseMs: 2000, prefetch: 100 }
const add = defineTask<number, number>('add', { retry: false })

/** Stops the server, remembers the messages of its queues, and goes on; the answer brings them back. */
async function rememberMessages(nats: NatsProcess): Promise<() => Promise<void>> {
  const messages = join(nats.streams, 'bananas-queues', 'msgs')
  const kept = join(nats.streams, '..', 'kept')
  await atRest(nats, () => cp(messages, kept, { recursive: true }))
  return () => atRest(nats, () => replace(messages, kept))
}

async function atRest(nats: NatsProcess, act: () => Promise<void>): Promise<void> {
  await until('consumers are written down', () => isWrittenDown(nats))
  await nats.quit()
  await act()
  await nats.start()
}

/** Servers of 2.9 that are stopped while they write down a consumer leave an empty file of it, and so forget it. */
async function isWrittenDown({ streams }: NatsProcess): Promise<boolean> {
  for await (const file of glob(join(streams, '*', 'obs', '*', 'o.dat'))) {
    const { size, mtimeMs } = await stat(file)
    if (size === 0 || Date.now() - mtimeMs < WRITING_MS) return false
  }
  return true
}

async function replace(folder: string, by: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await cp(by, folder, { recursive: true })
}

const batch = (from: number, size: number) =>
  Array.from({ length: size }, (_, index) => message({ id: `of ${from + index}` }))

/** The next `count`, unsettled: a batch is not waited for to be full, so they may come in several. */
async function hold(consumer: Consumer, count: number): Promise<readonly Delivery[]> {
  const held: Delivery[] = []
  while (held.length < count) {
    const some = await consumer.receive(count - held.length, { waitMs: 5000 })
    if (some.length === 0) throw new Error(`${held.length} of ${count} came`)
    held.push(...some)
  }
  return held
}

/** Some of what there is, acknowledged; answers with the ids. */
async function take(consumer: Consumer): Promise<readonly string[]> {
  const deliveries = await consumer.receive(100, { waitMs: 5000 })
  await consumer.settle(deliveries.map(({ receipt }) => ({ receipt, as: 'ack' })))
  return deliveries.map(({ message: { id } }) => id)
}

function nothingIsLeft(broker: Broker, queue: string): Promise<void> {
  return until('nothing is left', async () => {
    const { ready, leased = 0 } = await broker.inspect!(queue)
    return ready + leased === 0
  })
}

test(
  'a queue whose stream lost its end hands out what is published next, by whoever was connected',
  PATIENCE,
  async () => {
    const nats = await server()
    const { broker } = transportOn(nats.url)
    await broker.publish('q', batch(0, 10))
    const bringBack = await rememberMessages(nats)
    await broker.publish('q', batch(10, 50))
    const consumer = await broker.consume('q', LEASE)
    for (let taken = 0; taken < 60;) taken += (await take(consumer)).length
    await bringBack()
    const next = batch(100, 20)
    expect(await broker.publish('q', next)).toEqual([])
    const found = new Set<string>()
    await until('all of the next ones are handed out', async () => {
      for (const id of await take(consumer)) found.add(id)
      return next.every(({ id }) => found.has(id))
    })
    await nothingIsLeft(broker, 'q')
  },
)

test(
  'where consumers may not be made, publishing to such a queue is refused, unless the server has mended it',
  PATIENCE,
  async () => {
    const nats = await server()
    const { broker } = transportOn(nats.url)
    await broker.publish('q', batch(0, 1))
    const bringBack = await rememberMessages(nats)
    await broker.publish('q', batch(1, 10))
    const consumer = await broker.consume('q', LEASE)
    await hold(consumer, 11)
    await broker.close()
    await bringBack()
    const bound = transportOn(nats.url, { streams: 'never' })
    const outcome: unknown = await bound.broker.publish('q', batch(20, 1)).catch((error: unknown) => error)
    if (Array.isArray(outcome)) {
      // Newer servers take the consumer's memory back to where the stream ends.
      const next = await bound.broker.consume('q', LEASE)
      const found = new Set<string>()
      await until('it is handed out', async () => {
        for (const id of await take(next)) found.add(id)
        return found.has('of 20')
      })
      return
    }
    expect(outcome).toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/consumer "ready_q" .* delete the consumer and make it anew/),
    })
  },
)

test(
  'what was acknowledged and is back is not run again, and is gone when what was held is done',
  PATIENCE,
  async () => {
    const nats = await server()
    const { app, worker } = appOn(nats.url)
    const runs: number[] = []
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await app.enqueueMany(add, [...Array(100).keys()])
    const bringBack = await rememberMessages(nats)
    await worker({ concurrency: 100 })
      .handle(add, async (n) => {
        runs.push(n)
        if (n === 50) await held
        return n
      })
      .start()
    await until('all but one are done', async () => {
      const { ready, leased = 0 } = await app.queues.inspect('default')
      return runs.length >= 100 && ready + leased === 1
    })
    await bringBack()
    const job = await app.enqueue(add, 1000)
    expect(await job.result({ timeout: '20s' })).toBe(1000)
    release()
    await nothingIsLeft(app.broker, 'default')
    expect(runs.filter((n) => n !== 50 && n !== 1000)).toHaveLength(99)
  },
)

test(
  'what the server waits for and has no more is forgotten, with what it kept from being removed',
  PATIENCE,
  async () => {
    const nats = await server()
    const { broker } = transportOn(nats.url)
    await broker.publish('q', batch(0, 30))
    const consumer = await broker.consume('q', { leaseMs: 60_000, prefetch: 100 })
    const receipts = (await hold(consumer, 30)).map(({ receipt }) => receipt)
    const acknowledge = async (...numbers: number[]): Promise<void> => {
      const done = numbers.map((number) => ({ receipt: receipts[number - 1]!, as: 'ack' as const }))
      expect(await consumer.settle(done)).toEqual([])
    }
    const late = [5, 10, 20]
    await acknowledge(
      ...receipts
        .keys()
        .map((index) => index + 1)
        .filter((number) => !late.includes(number)),
    )
    const stream = join(nats.streams, 'bananas-queues')
    const [before, after] = [join(nats.streams, '..', 'before'), join(nats.streams, '..', 'after')]
    await atRest(nats, () => replace(before, stream))
    await acknowledge(10)
    await atRest(nats, async () => {
      await replace(after, stream)
      await replace(stream, before)
    })
    await acknowledge(5, 20)
    // The stream has 10 alone, and its consumer waits for 5 and 20.
    await atRest(nats, () => replace(join(stream, 'obs'), join(after, 'obs')))
    expect(await consumer.receive(1, { waitMs: 100 })).toEqual([])
    await nothingIsLeft(broker, 'q')
    expect(await broker.publish('q', batch(100, 1))).toEqual([])
    expect((await consumer.receive(1, { waitMs: 5000 })).map(({ message: one }) => one.id)).toEqual([
      'of 100',
    ])
  },
)
