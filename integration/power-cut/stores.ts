import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Transport } from '@bananasjs/core/contract'
import { nats } from '@bananasjs/nats'
import { rabbitmq } from '@bananasjs/rabbitmq'
import { redis } from '@bananasjs/redis'
import { sqlite } from '@bananasjs/sqlite'
import { startNatsProcess } from '../../packages/nats/test/brokers/nats-process.ts'
import { startRabbitmqProcess } from '../../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import { startRedisProcess } from '../../packages/redis/test/brokers/redis-process.ts'
import { declareQueues } from '../matrix/rabbitmq-starters.ts'

/** Where tasks are kept on a disk whose power will be cut. */
export interface Store {
  readonly name: string
  /** What decides how long an acknowledged task lives. */
  readonly settings: string
  /** Should nothing be lost? Else what is lost is only measured. */
  readonly survives: boolean
  /** Starts what keeps its files in this folder. */
  readonly open: (folder: string) => Promise<OpenStore>
  /** May be called in another process than `open`. */
  readonly connect: (address: string) => Transport
}

export interface OpenStore {
  readonly address: string
  /** The server that writes; none where those who send write themselves. */
  readonly server: Server | undefined
  readonly close: () => Promise<void>
}

export interface Server {
  /** Holds it still where it is. */
  readonly freeze: () => void
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
}

/** What the adapters' own tests start. */
interface Started extends Omit<Server, 'freeze'> {
  readonly url: string
  readonly pid: () => number
  readonly stop: () => Promise<void>
}

export const STORES: readonly Store[] = [
  sqliteWith('FULL', true),
  sqliteWith('NORMAL', false),
  redisWith('always', true),
  redisWith('everysec', false),
  rabbitmqWith('quorum', true),
  rabbitmqWith('classic', false),
  {
    name: 'NATS',
    settings: 'file storage, sync_interval as it comes: 2 minutes',
    survives: false,
    open: async (folder) =>
      onServer(
        await startNatsProcess({
          config: [`jetstream { store_dir: ${JSON.stringify(join(folder, 'nats'))} }`],
        }),
      ),
    connect: (address) => nats(address),
  },
]

function sqliteWith(synchronous: 'FULL' | 'NORMAL', survives: boolean): Store {
  return {
    name: 'SQLite',
    settings: `synchronous=${synchronous}`,
    survives,
    open: async (folder) => ({
      address: join(folder, 'queue.db'),
      server: undefined,
      close: async () => undefined,
    }),
    connect: (path) => sqlite({ path, synchronous }),
  }
}

function redisWith(appendfsync: 'always' | 'everysec', survives: boolean): Store {
  return {
    name: 'Redis',
    settings: `appendonly, appendfsync ${appendfsync}`,
    survives,
    open: async (folder) =>
      onServer(
        await startRedisProcess(['--dir', folder, '--appendonly', 'yes', '--appendfsync', appendfsync]),
      ),
    connect: (address) => redis(address),
  }
}

function rabbitmqWith(queueType: 'quorum' | 'classic', survives: boolean): Store {
  const connect = (address: string): Transport => rabbitmq(address, { queueType })
  return {
    name: 'RabbitMQ',
    settings: `${queueType} queues`,
    survives,
    async open(folder) {
      const own = join(folder, 'rabbitmq')
      await mkdir(own)
      // Its disk is small, and not what is on trial.
      const server = await startRabbitmqProcess({ folder: own, config: ['disk_free_limit.absolute = 1MB'] })
      await declareQueues(connect(server.url))
      // A script starts the virtual machine: its whole group is held.
      return onServer(server, () => -server.pid())
    },
    connect,
  }
}

function onServer(server: Started, held: () => number = server.pid): OpenStore {
  return {
    address: server.url,
    server: {
      freeze: () => void process.kill(held(), 'SIGSTOP'),
      kill: server.kill,
      start: server.start,
    },
    close: server.stop,
  }
}
