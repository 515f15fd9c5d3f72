import type { Case, Contender, Goal, Measure } from '../case.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { contenders, drain } from '../with-system.ts'
import { fill } from './enqueue-bulk.ts'

/** What a queue holds before the first look, so that what it costs once is not spread over the tasks. */
const BEFORE = 1000

/** Growth of the server's used_memory over `tasks` queued tasks. It hardly varies, so one round says it all. */
export function memoryPerTask(
  kinds: readonly QueueSystemKind[],
  redis: RedisForBenchmarks,
  tasks: number = 100_000,
  goals: readonly Goal[] = [],
): Case {
  const measures: readonly Measure[] = [{ name: 'bytes', unit: 'bytes', better: 'lower' }]
  const all: readonly Contender[] = contenders(kinds, {
    tasks: tasks + BEFORE,
    measures,
    async measure(system, check) {
      await fill(system, BEFORE)
      const before = await redis.usedBytes()
      await fill(system, BEFORE + tasks, BEFORE)
      const bytes = ((await redis.usedBytes()) - before) / tasks
      await drain(system, check)
      return { bytes }
    },
  })
  return {
    name: 'memory',
    title: 'server memory per queued task',
    tasks,
    measures,
    goals,
    contenders: all,
    rounds: 1,
    warmups: 0,
  }
}
