import { rabbitmq } from '@bananasjs/rabbitmq'
import { enqueueInFlight } from '../cases/enqueue-in-flight.ts'
import { idleLatency } from '../cases/idle-latency.ts'
import { processNoOp } from '../cases/process-no-op.ts'
import { openRabbitmq } from '../rabbitmq-server.ts'
import type { RabbitmqForBenchmarks } from '../rabbitmq-server.ts'
import type { Suite } from '../suite.ts'
import { bananasKind } from '../systems/bananas-system.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { rawRabbitmqKind } from '../systems/raw-rabbitmq-system.ts'

const IN_FLIGHT = 256
const PREFIX = 'bench'

export async function rabbitmqSuite(tasks: number | undefined): Promise<Suite> {
  const server = await openRabbitmq()
  const raw = rawRabbitmqKind(server)
  const all = [ours(server), raw]
  const goals = [{ measure: 'rate', against: raw.name, floor: 0.75, aim: 0.9 }]
  return {
    cases: [
      enqueueInFlight(all, tasks ?? 10_000, goals, IN_FLIGHT),
      processNoOp(all, { concurrency: IN_FLIGHT, tasks: tasks ?? 20_000, goals }),
      idleLatency(all, tasks),
    ],
    environment: { rabbitmq: server.facts },
    close: () => server.close(),
  }
}

function ours(server: RabbitmqForBenchmarks): QueueSystemKind {
  const made: string[] = []
  return bananasKind({
    name: 'Bananas',
    separate: true,
    connect: async () => rabbitmq(server.url, { prefix: PREFIX }),
    async declare({ broker }, queue) {
      await (await broker.consume(queue, { leaseMs: 1000, prefetch: 1 })).close()
    },
    clear: () => server.drop(made.splice(0)),
    async pending(queue) {
      const name = `${PREFIX}:q:${queue}`
      if (!made.includes(name)) made.push(name)
      return server.ready(name)
    },
  })
}
