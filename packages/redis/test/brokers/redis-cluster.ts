import { Redis } from 'ioredis'
import { freePort } from '../../../../tests/free-port.ts'
import type { HostPort } from '../../src/index.ts'
import { startRedisProcess } from './redis-process.ts'
import type { RedisProcess } from './redis-process.ts'

const SLOTS = 16_384
const PRIMARIES = 3

export interface RedisCluster {
  readonly nodes: readonly HostPort[]
  readonly processes: readonly RedisProcess[]
  readonly stop: () => Promise<void>
}

/** Three primaries, each with a third of the slots. @param config as on the command line of each server */
export async function startRedisCluster(config: readonly string[] = []): Promise<RedisCluster> {
  return clusterOf(await startNodes(PRIMARIES, config), [])
}

/** The same with a replica each. */
export async function startReplicatedCluster(config: readonly string[] = []): Promise<RedisCluster> {
  const processes = await startNodes(2 * PRIMARIES, config)
  return clusterOf(processes.slice(0, PRIMARIES), processes.slice(PRIMARIES))
}

/**
 * The replica of whoever serves a key becomes its primary, as an operator does it: the old one stops taking writes, waits
 * until the replica has all of them, and follows it from then on. Nothing acknowledged can be lost.
 */
export async function failOver(cluster: RedisCluster, key: string): Promise<void> {
  await using nodes = await openNodes(cluster)
  const slot = await slotOf(nodes, key)
  const primary = ownerOf(await layout(nodes), slot)
  const replica = nodes.of((await layout(nodes)).find(({ follows }) => follows === primary.id)!)
  await replica.call('cluster', ['failover'])
  await until('the replica has taken over', async () => ownerOf(await layout(nodes), slot).id !== primary.id)
}

/** The slot of a key goes to another primary, keys and all, while clients use it. */
export async function moveSlot(cluster: RedisCluster, key: string): Promise<void> {
  await using nodes = await openNodes(cluster)
  const slot = await slotOf(nodes, key)
  const all = await layout(nodes)
  const from = ownerOf(all, slot)
  const to = all.find(({ id, slots }) => slots.length > 0 && id !== from.id)!
  const [source, target] = [nodes.of(from), nodes.of(to)]
  await target.call('cluster', ['setslot', slot, 'importing', from.id])
  await source.call('cluster', ['setslot', slot, 'migrating', to.id])
  for (;;) {
    const keys = (await source.call('cluster', ['getkeysinslot', slot, 50])) as string[]
    if (keys.length === 0) break
    await source.call('migrate', ['127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys])
  }
  for (const { id } of [to, from]) {
    await nodes.of(all.find((node) => node.id === id)!).call('cluster', ['setslot', slot, 'node', to.id])
  }
  await until('everyone knows the new owner', async () =>
    (await Promise.all(nodes.clients.map((client) => layoutSeenBy(client)))).every(
      (seen) => ownerOf(seen, slot).id === to.id,
    ),
  )
}

async function startNodes(count: number, config: readonly string[]): Promise<readonly RedisProcess[]> {
  const processes: RedisProcess[] = []
  for (let index = 0; index < count; index += 1) {
    const fixed = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000']
    processes.push(await startRedisProcess([...fixed, ...config], await freePort()))
  }
  return processes
}

async function clusterOf(
  primaries: readonly RedisProcess[],
  replicas: readonly RedisProcess[],
): Promise<RedisCluster> {
  const processes = [...primaries, ...replicas]
  const clients = processes.map(({ url }) => new Redis(url))
  try {
    const bounds = [0, 5461, 10_923, SLOTS]
    for (const [index, client] of clients.slice(0, PRIMARIES).entries()) {
      const slots = Array.from(
        { length: bounds[index + 1]! - bounds[index]! },
        (_, at) => bounds[index]! + at,
      )
      await client.call('cluster', ['addslots', ...slots])
    }
    for (const [index, client] of clients.entries())
      await client.call('cluster', ['set-config-epoch', index + 1])
    for (const { port } of processes) await clients[0]!.call('cluster', ['meet', '127.0.0.1', port])
    for (const client of clients) await agrees(client, processes.length)
    for (const index of replicas.keys()) {
      const primary = String(await clients[index]!.call('cluster', ['myid']))
      await clients[PRIMARIES + index]!.call('cluster', ['replicate', primary])
    }
    for (const client of clients.slice(PRIMARIES)) {
      await until('the replica is in step', async () =>
        (await client.info('replication')).includes('master_link_status:up'),
      )
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
  return {
    nodes: processes.map(({ port }) => ({ host: '127.0.0.1', port })),
    processes,
    stop: async () => void (await Promise.all(processes.map((process) => process.stop()))),
  }
}

async function agrees(client: Redis, nodes: number): Promise<void> {
  await until('the cluster is up', async () => {
    const info = String(await client.call('cluster', ['info']))
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`)
  })
}

interface Node {
  readonly id: string
  readonly port: number
  /** The id of its primary; `undefined` for a primary. */
  readonly follows: string | undefined
  /** First and last of each range. */
  readonly slots: readonly (readonly [number, number])[]
}

interface Nodes extends AsyncDisposable {
  readonly clients: readonly Redis[]
  readonly of: (node: Node) => Redis
}

async function openNodes({ processes }: RedisCluster): Promise<Nodes> {
  const clients = processes.map(({ url }) => new Redis(url))
  return {
    clients,
    of: ({ port }) => clients[processes.findIndex((process) => process.port === port)]!,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect()
    },
  }
}

function layout({ clients }: Nodes): Promise<readonly Node[]> {
  return layoutSeenBy(clients[0]!)
}

async function layoutSeenBy(client: Redis): Promise<readonly Node[]> {
  const lines = String(await client.call('cluster', ['nodes']))
    .trim()
    .split('\n')
  return lines.map((line) => {
    const [id = '', address = '', flags = '', follows = '', , , , , ...slots] = line.split(' ')
    const ranges = slots.filter((range) => !range.startsWith('['))
    return {
      id,
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      follows: flags.includes('slave') ? follows : undefined,
      slots: ranges.map((range): [number, number] => {
        const [first = '', last = first] = range.split('-')
        return [Number(first), Number(last)]
      }),
    }
  })
}

function ownerOf(nodes: readonly Node[], slot: number): Node {
  return nodes.find(({ slots }) => slots.some(([first, last]) => first <= slot && slot <= last))!
}

async function slotOf({ clients }: Nodes, key: string): Promise<number> {
  return Number(await clients[0]!.call('cluster', ['keyslot', key]))
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited 60 s in vain until ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
