import { setTimeout as pause } from 'node:timers/promises'
import type { Case, Goal, Measure } from '../case.ts'
import { payload } from '../payload.ts'
import { percentile } from '../statistics.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, settled } from '../with-system.ts'

/** Long enough for the worker to have acknowledged and to wait again. */
const IDLE_MS = 5
/** More would only take longer: at 5 ms apart, 500 already last 3 s a round. */
const MOST = 500

/** From the call of enqueue to the start of the handler, on an idle queue with a worker that waits. */
export function idleLatency(
  kinds: readonly QueueSystemKind[],
  wanted: number = MOST,
  goals: readonly Goal[] = [],
): Case {
  const tasks = Math.min(wanted, MOST)
  const measures: readonly Measure[] = [
    { name: 'p50', unit: 'ms', better: 'lower' },
    { name: 'p99', unit: 'ms', better: 'lower' },
  ]
  return {
    name: 'latency',
    title: 'idle queue, enqueue → handler starts',
    tasks,
    measures,
    goals,
    contenders: contenders(kinds, {
      tasks,
      measures,
      async measure(system, check) {
        const startedAt = new Map<number, number>()
        const waits: number[] = []
        await system.work(10, ({ n }) => {
          waits.push(performance.now() - startedAt.get(n)!)
          check.ran(n)
          return undefined
        })
        for (let n = 0; n < tasks; n += 1) {
          await pause(IDLE_MS)
          startedAt.set(n, performance.now())
          await system.add(payload(n))
        }
        await settled(system, check)
        return { p50: percentile(waits, 50), p99: percentile(waits, 99) }
      },
    }),
  }
}
