import type { Consumer, Delivery } from '@bananasjs/core/contract'
import { failsWith, same } from './checks.ts'
import type { Workbench } from './workbench.ts'

export interface Stale {
  readonly queue: string
  /** When the first lease was asked for. */
  readonly askedAt: number
  readonly stale: Delivery
  readonly slow: Consumer
  readonly newer: Delivery
  readonly holder: Consumer
}

/** A message whose first lease ended and that another consumer holds now. */
export async function goStale(bench: Workbench, newerMs: number = bench.longMs): Promise<Stale> {
  const queue = bench.name()
  await bench.publish(queue)
  const slow = await bench.consumer(queue, { leaseMs: bench.shortMs })
  const askedAt = bench.now()
  const stale = await bench.one(slow)
  const holder = await bench.consumer(queue, { leaseMs: newerMs, broker: (await bench.connect()).broker })
  const newer = await bench.one(holder)
  return { queue, askedAt, stale, slow, newer, holder }
}

/** Where leases do not end by time: a message is held without being extended. */
export async function staysWithoutExtend(bench: Workbench): Promise<void> {
  const queue = bench.name()
  await bench.publish(queue)
  const holder = await bench.consumer(queue, { leaseMs: bench.shortMs })
  await bench.one(holder)
  const other = await bench.consumer(queue, { broker: (await bench.connect()).broker })
  await bench.nothing(other, 'the message that is held', 2 * bench.shortMs)
  await holder.close()
  await bench.one(other)
}

/** Where receipts are not fenced: a late settle says LEASE_LOST or nothing, and does not hang. */
export async function answersLateSettle(bench: Workbench): Promise<void> {
  if (!bench.supports.lease.renewable) return // no lease ends there while its consumer lives
  const { stale, slow, newer, holder } = await goStale(bench)
  for (const failure of await bench.within(
    'a late settle',
    slow.settle([{ receipt: stale.receipt, as: 'ack' }]),
  ))
    same(failure.error.code, 'LEASE_LOST', 'the code')
  for (const failure of await bench.within(
    'the newer settle',
    holder.settle([{ receipt: newer.receipt, as: 'ack' }]),
  ))
    same(failure.error.code, 'LEASE_LOST', 'the code')
}

/** Settled, or refused and still there: never told one and done the other. */
export async function truthToOthers(bench: Workbench): Promise<void> {
  const queue = bench.name()
  await bench.publish(queue)
  const holder = await bench.consumer(queue)
  const { receipt } = await bench.one(holder)
  const other = await bench.consumer(queue, { broker: (await bench.connect()).broker })
  const failures = await other.settle([{ receipt, as: 'ack' }])
  await holder.close()
  if (failures.length === 0) {
    if (bench.supports.lease.fenced) await bench.nothing(other, 'the message whose ack succeeded')
  } else {
    failsWith(failures, { 0: 'LEASE_LOST' }, 'a settle by a receipt of another client')
    await bench.one(other)
  }
}
