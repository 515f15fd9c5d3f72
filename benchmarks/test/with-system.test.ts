import { describe, expect, it } from 'vitest'
import { DeliveryCheck } from '../delivery-check.ts'
import { settled } from '../with-system.ts'
import { processNoOp } from '../cases/process-no-op.ts'
import type { Payload } from '../payload.ts'
import { runCase } from '../rounds.ts'
import { bananasMemoryKind } from '../systems/bananas-kinds.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'

/** The real system, with the tasks on their way into it changed. */
function tampered(change: (tasks: readonly Payload[]) => readonly Payload[]): QueueSystemKind {
  const kind = bananasMemoryKind()
  return {
    ...kind,
    async open(options) {
      const system = await kind.open(options)
      return { ...system, addBulk: (tasks) => system.addBulk(change(tasks)) }
    },
  }
}

describe('a measured round', () => {
  it('is exact on a queue that keeps its promise', async () => {
    const report = await runCase(processNoOp([bananasMemoryKind()], { concurrency: 10, tasks: 300 }), {
      rounds: 1,
    })
    expect(report.violations).toEqual([])
    expect(report.contenders[0]?.rounds[0]?.delivery).toMatchObject({
      expected: 300,
      missing: 0,
      duplicates: 0,
    })
  })

  it('is void when a task ran twice', async () => {
    const doubled = tampered((tasks) => [tasks[0]!, ...tasks])
    const report = await runCase(processNoOp([doubled], { concurrency: 10, tasks: 300 }), { rounds: 1 })
    expect(report.violations).toEqual([
      'Bananas, warm-up: of 300 tasks, 1 runs were repeats',
      'Bananas, round 1: of 300 tasks, 1 runs were repeats',
    ])
  })

  it('ends and is void when a task never comes', async () => {
    const check = new DeliveryCheck(2)
    check.ran(0)
    await settled({ pending: () => Promise.resolve(1) }, check, 20)
    expect(check.verdict()).toMatchObject({ missing: 1, duplicates: 0 })
  })
})
