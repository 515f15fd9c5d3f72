import { RATE } from '../case.ts'
import type { Case, Goal } from '../case.ts'
import { payloads } from '../payload.ts'
import type { QueueSystem, QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, drain } from '../with-system.ts'

export const BULK = 1000

/** Calls of 1,000 tasks, one after the other. */
export function enqueueBulk(
  kinds: readonly QueueSystemKind[],
  tasks: number = 20_000,
  goals: readonly Goal[] = [],
): Case {
  const measures = [RATE]
  return {
    name: 'bulk',
    title: `enqueue in bulk of ${BULK.toLocaleString('en')}`,
    tasks,
    measures,
    goals,
    contenders: contenders(kinds, {
      tasks,
      measures,
      async measure(system, check) {
        const batches = batchesOf(tasks)
        const from = performance.now()
        for (const batch of batches) await system.addBulk(batch)
        const seconds = (performance.now() - from) / 1000
        await drain(system, check)
        return { rate: tasks / seconds }
      },
    }),
  }
}

/** Stores tasks `from` to `to` as fast as the library can. */
export async function fill(system: Pick<QueueSystem, 'addBulk'>, to: number, from = 0): Promise<void> {
  for (let at = from; at < to; at += BULK) await system.addBulk(payloads(at, Math.min(to, at + BULK)))
}

function batchesOf(tasks: number): ReturnType<typeof payloads>[] {
  return Array.from({ length: Math.ceil(tasks / BULK) }, (_, index) =>
    payloads(index * BULK, Math.min(tasks, (index + 1) * BULK)),
  )
}
