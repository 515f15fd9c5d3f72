import { parentPort, workerData } from 'node:worker_threads'
import type { Consumer } from '../contract/consumer.ts'
import type { Transport } from '../contract/transport.ts'
import { readBoard } from './lease-board.ts'
import { monotonicMs } from './lease-board.ts'
import type { LeaseThreadInit } from './lease-thread.ts'

/** Runs in the lease thread: see LeaseThread. */
const { layout, origin, lanes, leaseMs } = workerData as LeaseThreadInit
const consumers = new Map<number, Promise<Consumer>>()
let transport: Promise<Transport> | undefined

async function connect(): Promise<Transport> {
  const module = (await import(origin.module)) as Record<string, (...args: readonly unknown[]) => Transport>
  const made = module[origin.factory]!(...origin.args)
  await made.broker.open()
  return made
}

async function consumerOf(lane: number): Promise<Consumer> {
  transport ??= connect()
  const { broker } = await transport
  const consumer = consumers.get(lane) ?? broker.consume(lanes[lane]!, { leaseMs, prefetch: 1 })
  consumers.set(lane, consumer)
  return consumer
}

async function look(): Promise<void> {
  const { heartbeat, receipts } = readBoard(layout)
  if (monotonicMs() - heartbeat > leaseMs / 3) {
    for (const [lane, held] of receipts) await (await consumerOf(lane)).extend(held, leaseMs)
  }
}

function schedule(): void {
  // oxlint-disable-next-line no-restricted-globals -- a thread of its own, watching the real clock on purpose
  setTimeout(() => {
    look()
      // A broker that is away: connected anew the next time.
      .catch(() => {
        transport = undefined
        consumers.clear()
      })
      .finally(schedule)
  }, leaseMs / 6)
}

schedule()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort!.postMessage('watching')
