import { nats } from '@bananasjs/nats'
import { enqueueInFlight } from '../cases/enqueue-in-flight.ts'
import { idleLatency } from '../cases/idle-latency.ts'
import { processNoOp } from '../cases/process-no-op.ts'
import { openNats } from '../nats-server.ts'
import type { NatsForBenchmarks } from '../nats-server.ts'
import type { Suite } from '../suite.ts'
import { bananasKind } from '../systems/bananas-system.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { rawNatsKind } from '../systems/raw-nats-system.ts'

const IN_FLIGHT = 256
const PREFIX = 'bench'

export async function natsSuite(tasks: number | undefined): Promise<Suite> {
  const server = await openNats()
  const raw = rawNatsKind(server)
  const all = [ours(server), raw]
  const goals = [{ measure: 'rate', against: raw.name, floor: 0.75, aim: 0.9 }]
  return {
    cases: [
      enqueueInFlight(all, tasks ?? 10_000, goals, IN_FLIGHT),
      // A round of fewer is over in less than a tenth of a second on a fast machine.
      processNoOp(all, { concurrency: IN_FLIGHT, tasks: tasks ?? 60_000, goals }),
      idleLatency(all, tasks),
    ],
    environment: { nats: server.facts },
    close: () => server.close(),
  }
}

function ours(server: NatsForBenchmarks): QueueSystemKind {
  return bananasKind({
    name: 'Bananas',
    separate: true,
    connect: async () => nats(server.url, { prefix: PREFIX }),
    clear: () =>
      server.drop([`${PREFIX}-queues`, `${PREFIX}-delayed`, `${PREFIX}-dead`, `KV_${PREFIX}-results`]),
  })
}
