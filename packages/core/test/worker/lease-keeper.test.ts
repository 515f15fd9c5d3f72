import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Consumer } from '../../src/contract/index.ts'
import { readEnvelope } from '../../src/task/envelope.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { HeldTask } from '../../src/worker/held-task.ts'
import { LeaseKeeper } from '../../src/worker/lease-keeper.ts'
import type { Source } from '../../src/worker/source.ts'

const LEASE_MS = 3000
const ENVELOPE = readEnvelope('', { 'bananas-task': 'held' })

describe('the lease keeper', () => {
  it('extends what it was given and was not taken away again, whatever the order in which tasks leave', async () => {
    const arbitrary = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.array(fc.nat(29), { maxLength: 40 }))
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([count, leaving]) => {
        const runtime = virtualRuntime()
        const extended: string[] = []
        const extend = async (receipts: readonly string[]): Promise<[]> => {
          extended.push(...receipts)
          return []
        }
        const source = { consumer: { extend } as Partial<Consumer> } as Source
        const keeper = new LeaseKeeper(runtime, LEASE_MS, { renewable: true, maxMs: Infinity })
        const tasks = Array.from({ length: count }, (_, index) => heldTask(`receipt ${index}`, source))
        for (const task of tasks) keeper.add(task)
        // Some of them leave twice, as a task may that is settled when its lease is told lost.
        const gone = new Set(leaving.flatMap((index) => tasks[index] ?? []))
        for (const index of leaving) if (tasks[index] !== undefined) keeper.remove(tasks[index])
        expect(keeper.size).toBe(count - gone.size)
        // After a third nothing is due yet, after two thirds all is.
        await runtime.advance(LEASE_MS * 0.8)
        const left = tasks.filter((task) => !gone.has(task)).map(({ delivery }) => delivery.receipt)
        expect(extended.toSorted()).toEqual(left.toSorted())
        await keeper.stop()
      }),
    )
  })
})

function heldTask(receipt: string, source: Source): HeldTask {
  const message = { id: receipt, headers: {}, body: new Uint8Array(0), priority: 50, delayMs: 0 }
  return new HeldTask({ message, receipt, deliveries: 1 }, source, ENVELOPE, LEASE_MS, 0)
}
