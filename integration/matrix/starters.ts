import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  failOver,
  moveSlot,
  startReplicatedCluster,
} from '../../packages/redis/test/brokers/redis-cluster.ts'
import { startRedisProcess } from '../../packages/redis/test/brokers/redis-process.ts'
import { startSqsProcess } from '../../packages/sqs/test/brokers/sqs-process.ts'
import type { BrokerOnTrial, Starter } from './broker-on-trial.ts'
import { NATS_STARTERS } from './nats-starters.ts'
import { RABBITMQ_STARTERS } from './rabbitmq-starters.ts'

const sqlite: Starter = {
  name: 'SQLite',
  can: [],
  fenced: true,
  tasks: 20_000,
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'bananas-trial-sqlite-'))
    return {
      url: `sqlite:${join(folder, 'queue.db')}`,
      stop: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

const redis: Starter = {
  name: 'Redis with its log',
  can: ['link', 'restart'],
  fenced: true,
  tasks: 20_000,
  // Not `everysec`: killed while an fsync is under way, the server forgets what it has answered since that began.
  start: async () => onServer(await startRedisProcess(['--appendonly', 'yes', '--appendfsync', 'always'])),
}

/** Three primaries and their replicas; the queue changes hands by a failover, then by moving its slot. */
const redisCluster: Starter = {
  name: 'Redis Cluster',
  can: ['failover'],
  fenced: true,
  tasks: 10_000,
  async start() {
    const cluster = await startReplicatedCluster(['--appendonly', 'yes'])
    const changes = [failOver, moveSlot]
    let done = 0
    return {
      url: `redis-cluster:${cluster.nodes.map(({ port }) => port).join(',')}`,
      async failover(queue = 'default') {
        await changes[done % changes.length]!(cluster, `{bananas:${queue}}:ready`)
        done += 1
      },
      stop: cluster.stop,
    }
  },
}

/** On the emulator fauxqs, which keeps what it holds in a file here; results and events in SQLite. */
const sqs: Starter = {
  name: 'SQS (fauxqs)',
  can: ['link', 'restart'],
  fenced: false,
  // Each cut takes the fifty in flight and some more, for what may have been stored is not sent again: few enough of these.
  tasks: 4000,
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'bananas-trial-sqs-'))
    const server = await startSqsProcess(join(folder, 'fauxqs'))
    return {
      ...onServer(server),
      url: `sqs+${server.url} sqlite:${join(folder, 'results.db')}`,
      async stop() {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

/** What the adapters' own tests start. */
interface ServerProcess {
  readonly url: string
  readonly port: number
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

function onServer(server: ServerProcess): BrokerOnTrial {
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
}

export const STARTERS: readonly Starter[] = [
  sqlite,
  redis,
  redisCluster,
  ...RABBITMQ_STARTERS,
  ...NATS_STARTERS,
  sqs,
]
