import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import { rabbitmq } from '@bananasjs/rabbitmq'
import { killLeader, startRabbitmqCluster } from '../../packages/rabbitmq/test/brokers/rabbitmq-cluster.ts'
import { startRabbitmqProcess } from '../../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import type { Starter } from './broker-on-trial.ts'
import { nap } from './nap.ts'

/**
 * RabbitMQ writes down late which quorum queues it has: killed within about a second of a declaration, it starts again
 * without the queue's log, and confirmed messages are gone (docs/adapters/rabbitmq.md). The trials are of queues that live.
 */
const SETTLED_MS = 3000

/** Results in SQLite. */
const single: Starter = {
  name: 'RabbitMQ',
  can: ['link', 'restart'],
  fenced: true,
  tasks: 10_000,
  async start() {
    const server = await startRabbitmqProcess()
    const folder = await mkdtemp(join(tmpdir(), 'bananas-trial-rabbitmq-'))
    await declareQueues(rabbitmq(server.url))
    return {
      url: `${server.url} sqlite:${join(folder, 'results.db')}`,
      address: { host: '127.0.0.1', port: server.port },
      server,
      async restart() {
        await server.kill()
        await server.start()
      },
      async stop() {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

/** Three nodes with a replica of the quorum queue on each. */
const cluster: Starter = {
  name: 'RabbitMQ, 3 nodes',
  can: ['failover'],
  fenced: true,
  tasks: 6000,
  async start() {
    const nodes = await startRabbitmqCluster()
    const folder = await mkdtemp(join(tmpdir(), 'bananas-trial-rabbitmq-'))
    await declareQueues(rabbitmq({ url: nodes.urls }))
    const ports = nodes.nodes.map(({ port }) => port)
    return {
      url: `amqp-cluster:${ports.join(',')} sqlite:${join(folder, 'results.db')}`,
      failover: (queue = 'default') => killLeader(nodes, `bananas:q:${queue}`),
      async stop() {
        await nodes.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

/** By a worker that does nothing else: it needs the queue, its lanes, and the events. */
export async function declareQueues(transport: Transport): Promise<void> {
  const app = new Bananas({ transport })
  await app
    .worker()
    .handle(nap, () => undefined)
    .start()
  await sleep(SETTLED_MS)
  await app.close()
}

export const RABBITMQ_STARTERS: readonly Starter[] = [single, cluster]
