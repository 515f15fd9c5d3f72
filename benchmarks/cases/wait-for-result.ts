import { RATE } from '../case.ts'
import type { Case, Goal, Measure } from '../case.ts'
import { payload } from '../payload.ts'
import { percentile } from '../statistics.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, settled } from '../with-system.ts'

const IN_FLIGHT = 100

/** Enqueue and wait for what the handler returned, 100 callers at once. */
export function waitForResult(
  kinds: readonly QueueSystemKind[],
  tasks: number = 5000,
  goals: readonly Goal[] = [],
): Case {
  const measures: readonly Measure[] = [RATE, { name: 'p50', unit: 'ms', better: 'lower' }]
  return {
    name: 'result',
    title: `enqueue → result in hand, ${IN_FLIGHT} in flight`,
    tasks,
    measures,
    goals,
    contenders: contenders(
      kinds.filter(({ canWait }) => canWait),
      {
        tasks,
        measures,
        results: true,
        async measure(system, check) {
          await system.work(IN_FLIGHT, ({ n }) => {
            check.ran(n)
            return n
          })
          const waits: number[] = []
          // Whoever subscribes on the first wait does it before the clock starts.
          await once(0)
          waits.length = 0
          let next = 1
          const from = performance.now()
          await Promise.all(
            Array.from({ length: IN_FLIGHT }, async () => {
              while (next < tasks) await once(next++)
            }),
          )
          const seconds = (performance.now() - from) / 1000
          await settled(system, check)
          return { rate: (tasks - 1) / seconds, p50: percentile(waits, 50) }

          async function once(n: number): Promise<void> {
            const began = performance.now()
            const result = await system.addAndWait!(payload(n))
            if (result !== n) throw new Error(`Task ${n} was answered with ${JSON.stringify(result)}.`)
            waits.push(performance.now() - began)
          }
        },
      },
    ),
  }
}
