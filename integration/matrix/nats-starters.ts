import { startNatsCluster } from '../../packages/nats/test/brokers/nats-cluster.ts'
import type { NatsCluster } from '../../packages/nats/test/brokers/nats-cluster.ts'
import { startNatsProcess } from '../../packages/nats/test/brokers/nats-process.ts'
import type { Starter } from './broker-on-trial.ts'

/** Where the adapter keeps tasks. */
const STREAM = 'bananas-queues'
const PATIENCE_MS = 60_000

/** A server that is killed keeps what it handed to the operating system. */
const single: Starter = {
  name: 'NATS',
  can: ['link', 'restart'],
  fenced: true,
  tasks: 5000,
  async start() {
    const server = await startNatsProcess()
    return {
      url: server.url,
      address: { host: '127.0.0.1', port: server.port },
      server,
      async restart() {
        await server.kill()
        await server.start()
      },
      stop: server.stop,
    }
  },
}

/** Three servers with a replica of each stream on all. */
const cluster: Starter = {
  name: 'NATS, 3 servers',
  can: ['failover'],
  fenced: true,
  tasks: 3000,
  async start() {
    const servers = await startNatsCluster()
    const ports = servers.processes.map(({ port }) => port)
    return {
      url: `nats-cluster:${ports.join(',')}`,
      failover: () => killLeader(servers),
      stop: servers.stop,
    }
  },
}

/** Kills the server that leads the queue, waits for another leader, and brings the server back. */
async function killLeader(servers: NatsCluster): Promise<void> {
  const leader = await leaderAfter(servers, -1)
  await servers.processes[leader]!.kill()
  await leaderAfter(servers, leader)
  await servers.processes[leader]!.start()
}

/** Which server leads the queue, as soon as one does that is not the `former`. */
async function leaderAfter(servers: NatsCluster, former: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const leader = await servers.leaderOf(STREAM)
    if (leader !== -1 && leader !== former) return leader
    if (performance.now() > deadline) throw new Error(`"${STREAM}" has had no leader for ${PATIENCE_MS} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const NATS_STARTERS: readonly Starter[] = [single, cluster]
