import { Redis } from 'ioredis'
import type { HostPort } from '../../src/index.ts'
import { freePort, startRedisProcess } from './redis-process.ts'
import type { RedisProcess } from './redis-process.ts'

const SLOTS = 16_384

export interface RedisCluster {
  readonly nodes: readonly HostPort[]
  readonly processes: readonly RedisProcess[]
  readonly stop: () => Promise<void>
}

/** Three primaries without replicas, each with a third of the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const processes: RedisProcess[] = []
  for (let index = 0; index < 3; index += 1) {
    // The cluster bus listens on the port plus 10,000, so the port must stay low enough.
    let port = await freePort()
    while (port > 55_000) port = await freePort()
    processes.push(
      await startRedisProcess(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'], port),
    )
  }
  const clients = processes.map(({ url }) => new Redis(url))
  try {
    const bounds = [0, 5461, 10_923, SLOTS]
    for (const [index, client] of clients.entries()) {
      const slots = Array.from(
        { length: bounds[index + 1]! - bounds[index]! },
        (_, at) => bounds[index]! + at,
      )
      await client.call('cluster', ['addslots', ...slots])
      await client.call('cluster', ['set-config-epoch', index + 1])
    }
    for (const { port } of processes) await clients[0]!.call('cluster', ['meet', '127.0.0.1', port])
    for (const client of clients) await agrees(client)
  } finally {
    for (const client of clients) client.disconnect()
  }
  return {
    nodes: processes.map(({ port }) => ({ host: '127.0.0.1', port })),
    processes,
    stop: async () => void (await Promise.all(processes.map((process) => process.stop()))),
  }
}

async function agrees(client: Redis): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const info = String(await client.call('cluster', ['info']))
    if (info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')) return
    if (performance.now() > deadline) throw new Error(`The cluster does not come up: ${info}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
