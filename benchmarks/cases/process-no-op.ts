import { RATE } from '../case.ts'
import type { Case, Goal } from '../case.ts'
import type { DeliveryCheck } from '../delivery-check.ts'
import { Stopwatch } from '../stopwatch.ts'
import type { QueueSystem, QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, settled } from '../with-system.ts'
import { fill } from './enqueue-bulk.ts'

export interface ProcessOptions {
  readonly concurrency: number
  readonly tasks: number
  readonly results?: boolean
  readonly goals?: readonly Goal[]
}

/** One worker empties a full queue; the handler does nothing. */
export function processNoOp(kinds: readonly QueueSystemKind[], options: ProcessOptions): Case {
  const { concurrency, tasks, results = false, goals = [] } = options
  const measures = [RATE]
  return {
    name: `process-${concurrency}${results ? '-results' : ''}`,
    title: `process no-op, concurrency ${concurrency}${results ? ', results kept' : ''}`,
    tasks,
    measures,
    goals,
    contenders: contenders(kinds, {
      tasks,
      measures,
      results,
      async measure(system, check) {
        await fill(system, tasks)
        return drained(system, check, concurrency, results)
      },
    }),
  }
}

/**
 * From the first handler's start until the last task is acknowledged. Starting the worker is not timed; in return the
 * first `concurrency` tasks are not counted, since they may have been fetched by then.
 */
export async function drained(
  system: Pick<QueueSystem, 'work' | 'pending'>,
  check: DeliveryCheck,
  concurrency: number,
  results = false,
): Promise<ReturnType<Stopwatch['figures']>> {
  let watch: Stopwatch | undefined
  await system.work(concurrency, ({ n }) => {
    watch ??= new Stopwatch()
    check.ran(n)
    return results ? n : undefined
  })
  await settled(system, check)
  return (watch ?? new Stopwatch()).figures(Math.max(1, check.expected - concurrency))
}
