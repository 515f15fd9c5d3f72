import type { Case, Contender, Measure } from '../case.ts'
import { inChild } from '../in-child.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { IdleAnswer, IdleOrder } from './chaos-idle-main.ts'

const WITHOUT = 'Bananas without chaos'
const PREFIX = 'bench-chaos'
const TASKS = 40_000
/** A difference of two in a hundred is less than that of two rounds: many are needed to see it. */
const ROUNDS = 21

/**
 * What it costs that faults could be armed at any time, while none is: in processor time, which a busy neighbour disturbs
 * less than a rate, and in a process for each, because two in one pay for code that was compiled for both.
 */
export function chaosIdle(server: RedisForBenchmarks, tasks: number = TASKS): Case {
  const measures: readonly Measure[] = ['enqueue', 'process'].map((name) => ({
    name,
    unit: 'µs CPU/task',
    better: 'lower',
  }))
  const contender = (name: string, role: Contender['role'], chaos: boolean): Contender => ({
    name,
    role,
    async round() {
      const order: IdleOrder = { url: server.url, prefix: PREFIX, chaos, tasks }
      const file = new URL('./chaos-idle-main.ts', import.meta.url)
      try {
        const { delivery, ...figures } = await inChild<IdleAnswer>(file, order)
        return { figures, delivery }
      } finally {
        await server.clear(PREFIX)
      }
    },
  })
  return {
    name: 'idle',
    title: 'processor time of a task, 100 at once',
    tasks,
    measures,
    goals: measures.map(({ name }) => ({ measure: name, against: WITHOUT, floor: 1.02 })),
    rounds: ROUNDS,
    contenders: [
      contender('Bananas with chaos, idle', 'ours', true),
      contender(WITHOUT, 'baseline', false),
      // How far those two are apart is what the measuring itself is worth.
      contender(`${WITHOUT}, again`, 'baseline', false),
    ],
  }
}
