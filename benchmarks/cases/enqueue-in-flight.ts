import { RATE } from '../case.ts'
import type { Case, Goal } from '../case.ts'
import { payload } from '../payload.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, drain } from '../with-system.ts'

/** Single enqueues, many callers at once, each waiting until its task is stored before the next. */
export function enqueueInFlight(
  kinds: readonly QueueSystemKind[],
  tasks: number = 20_000,
  goals: readonly Goal[] = [],
  inFlight: number = 100,
): Case {
  const measures = [RATE]
  return {
    name: 'enqueue',
    title: `enqueue one by one, ${inFlight} in flight`,
    tasks,
    measures,
    goals,
    contenders: contenders(kinds, {
      tasks,
      measures,
      async measure(system, check) {
        let next = 0
        const from = performance.now()
        await Promise.all(
          Array.from({ length: inFlight }, async () => {
            while (next < tasks) await system.add(payload(next++))
          }),
        )
        const seconds = (performance.now() - from) / 1000
        await drain(system, check)
        return { rate: tasks / seconds }
      },
    }),
  }
}
