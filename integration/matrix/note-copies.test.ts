import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
/** Nobody has asked for longer than adapters wait for somebody to read. */
const UNREAD_MS = 500
const SERVERS = { RabbitMQ: startRabbitmqProcess, NATS: startNatsProcess }

it.each(Object.entries(SERVERS))(
  'sees what goes back on %s, also what nobody reads',
  async (_name, start) => {
    const { url, stop } = await start()
    undo.push(stop)
    const folder = await mkdtemp(join(tmpdir(), 'bananas-copies-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const history = new HistoryWriter(folder)
    undo.push(() => history.close(), noteCopies(history))
    const app = new Bananas({ transport: await transportFor(url) })
    undo.push(() => app.close())
    const consumer = await app.broker.consume('default', { leaseMs: 60_000, prefetch: NAPS })
    const noted = (): number =>
      [...readHistory(folder).copies.values()].reduce((sum, { length }) => sum + length, 0)
    let sent = NAPS
    let read = 0
    const putBack = async (max: number): Promise<void> => {
      const some = await consumer.receive(max, { waitMs: 60_000 })
      const settlements = some.map(({ receipt, message: { headers } }) => ({
        receipt,
        as: 'retry' as const,
        delayMs: 0,
        headers,
      }))
      expect(await consumer.settle(settlements)).toEqual([])
      read += some.length
      sent += some.length
    }
    for (let index = 0; index < NAPS; index += 1) await app.enqueue(nap, { index, ms: 0 })
    while (read < NAPS) await putBack(NAPS - read)
    await expect.poll(noted, { timeout: 60_000 }).toBeGreaterThanOrEqual(sent)
    // What was handed out together with what is read, and is read by nobody, goes back by itself.
    await expect
      .poll(
        async () => {
          await putBack(NAPS)
          await sleep(UNREAD_MS)
          return noted() - sent
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(0)
  },
)
