import { sqs } from '@bananasjs/sqs'
import { CREDENTIALS } from '../../packages/sqs/test/brokers/sqs-servers.ts'
import { enqueueInFlight } from '../cases/enqueue-in-flight.ts'
import { idleLatency } from '../cases/idle-latency.ts'
import { processNoOp } from '../cases/process-no-op.ts'
import { openSqs } from '../sqs-server.ts'
import type { SqsForBenchmarks } from '../sqs-server.ts'
import type { Suite } from '../suite.ts'
import { bananasKind } from '../systems/bananas-system.ts'
import type { QueueSystemKind } from '../systems/queue-system.ts'
import { rawSqsKind } from '../systems/raw-sqs-system.ts'

const IN_FLIGHT = 256
const PREFIX = `bench${process.pid}-`

export async function sqsSuite(tasks: number | undefined): Promise<Suite> {
  const server = await openSqs()
  const raw = rawSqsKind(server)
  const all = [ours(server), raw]
  const goals = [{ measure: 'rate', against: raw.name, floor: 0.75, aim: 0.9 }]
  return {
    cases: [
      enqueueInFlight(all, tasks ?? 10_000, goals, IN_FLIGHT),
      processNoOp(all, { concurrency: IN_FLIGHT, tasks: tasks ?? 10_000, goals }),
      idleLatency(all, tasks),
    ],
    environment: { sqs: server.facts },
    close: () => server.close(),
  }
}

/** With one lane, as the page on SQS recommends: the raw client has no priorities either. */
function ours(server: SqsForBenchmarks): QueueSystemKind {
  const made: string[] = []
  return bananasKind({
    name: 'Bananas',
    separate: true,
    lanes: 1,
    connect: async () => sqs(server.url, { credentials: CREDENTIALS, prefix: PREFIX }),
    clear: () => server.drop(made.splice(0)),
    async pending(queue) {
      const name = `${PREFIX}${queue}`
      if (!made.includes(name)) made.push(name)
      return server.pending(name)
    },
  })
}
