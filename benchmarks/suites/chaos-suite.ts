import { ChaosController } from '@bananasjs/chaos'
import { redis } from '@bananasjs/redis'
import type { Case } from '../case.ts'
import { enqueueInFlight } from '../cases/enqueue-in-flight.ts'
import { processNoOp } from '../cases/process-no-op.ts'
import { openRedis } from '../redis-server.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { Suite } from '../suite.ts'
import { bananasKind } from '../systems/bananas-system.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'

const WITHOUT = 'Bananas without chaos'
const NAMESPACE = 'bench-chaos'
/** A difference of two in a hundred is less than that of two rounds: many are needed to see it. */
const ROUNDS = 21

/** What it costs that faults could be armed at any time, while none is. */
export async function chaosSuite(tasks: number | undefined): Promise<Suite> {
  const server = await openRedis()
  const all = [withChaos(server), without(server)]
  const goals = [{ measure: 'rate', against: WITHOUT, floor: 0.98 }]
  const often = (one: Case): Case => ({ ...one, rounds: ROUNDS, warmups: 2 })
  return {
    cases: [
      often(enqueueInFlight(all, tasks, goals)),
      often(processNoOp(all, { concurrency: 100, tasks: tasks ?? 20_000, goals })),
    ],
    environment: { redis: server.facts },
    close: () => server.close(),
  }
}

function withChaos(server: RedisForBenchmarks): QueueSystemKind {
  const chaos = new ChaosController({ enabled: true })
  return bananasKind({
    name: 'Bananas with chaos, idle',
    separate: true,
    connect: async () => chaos.transport(redis(server.url, { prefix: NAMESPACE })),
    options: () => ({ plugins: [chaos.plugin], runtime: chaos.skewed }),
    clear: () => server.clear(NAMESPACE),
  })
}

function without(server: RedisForBenchmarks): QueueSystemKind {
  return bananasKind({
    name: WITHOUT,
    role: 'baseline',
    separate: true,
    connect: async () => redis(server.url, { prefix: NAMESPACE }),
    clear: () => server.clear(NAMESPACE),
  })
}
