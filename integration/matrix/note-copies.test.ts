import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas } from '@bananasjs/core'
import { afterEach, expect, it } from 'vitest'
import { startNatsProcess } from '../../packages/nats/test/brokers/nats-process.ts'
import { startRabbitmqProcess } from '../../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import { transportFor } from '../transport.ts'
import { HistoryWriter, readHistory } from './history.ts'
import { nap } from './nap.ts'
import { noteCopies } from './note-copies.ts'

const undo: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const NAPS = 20
const SERVERS = { RabbitMQ: startRabbitmqProcess, NATS: startNatsProcess }

it.each(Object.entries(SERVERS))('sees what nobody reads go back on %s', async (_name, start) => {
  const { url, stop } = await start()
  undo.push(stop)
  const folder = await mkdtemp(join(tmpdir(), 'bananas-copies-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const history = new HistoryWriter(folder)
  undo.push(() => history.close(), noteCopies(history))
  const app = new Bananas({ transport: await transportFor(url) })
  undo.push(() => app.close())
  const consumer = await app.broker.consume('default', { leaseMs: 15_000, prefetch: NAPS })
  const receiving = consumer.receive(NAPS, { waitMs: 10_000 })
  for (let index = 0; index < NAPS; index += 1) await app.enqueue(nap, { index, ms: 0 })
  const read = await receiving
  // Each was sent once when it was enqueued.
  const copied = () => [...readHistory(folder).copies.values()].filter(({ length }) => length === 2).length
  await expect.poll(copied, { timeout: 10_000 }).toBe(NAPS - read.length)
})
