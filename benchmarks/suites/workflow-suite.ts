import { join } from 'node:path'
import { nats } from '@bananasjs/nats'
import { redis as redisTransport } from '@bananasjs/redis'
import { sqlite } from '@bananasjs/sqlite'
import { openBenchmarkFolder } from '../benchmark-folder.ts'
import type { BenchmarkFolder } from '../benchmark-folder.ts'
import { CannotRun } from '../cannot-run.ts'
import { workflowChain } from '../cases/workflow-chain.ts'
import { workflowDag } from '../cases/workflow-dag.ts'
import { bullmqFlow, FLOW, PLAIN, workflowGroup } from '../cases/workflow-group.ts'
import type { WorkflowStore } from '../cases/workflow-app.ts'
import { sqliteFacts } from '../environment.ts'
import { openNats } from '../nats-server.ts'
import type { NatsForBenchmarks } from '../nats-server.ts'
import { openRedis } from '../redis-server.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { Suite } from '../suite.ts'

const PREFIX = 'bench-bananas'
const MEMBERS = 10_000
const STEPS = 1000

export async function workflowSuite(tasks: number | undefined): Promise<Suite> {
  const redis = await openRedis()
  const folder = openBenchmarkFolder()
  const server = await natsIfAny()
  const members = tasks ?? MEMBERS
  const few = Math.min(tasks ?? STEPS, STEPS)
  const onRedis = redisStore(redis)
  const onSqlite = sqliteStore(folder)
  const beside = (floor: number) => [{ measure: 'total', against: PLAIN, floor }]
  return {
    cases: [
      workflowGroup(onRedis, members, {
        goals: [...beside(1.5), { measure: 'total', against: FLOW, floor: 1 / 3 }],
        peers: [bullmqFlow(redis, members)],
      }),
      workflowGroup(onSqlite, members, { goals: beside(1.5) }),
      ...(server === undefined ? [] : [workflowGroup(natsStore(server), members, { goals: beside(4) })]),
      workflowChain(onRedis, few),
      workflowChain(onSqlite, few),
      workflowDag(onRedis, few),
      workflowDag(onSqlite, few),
    ],
    environment: {
      redis: redis.facts,
      sqlite: sqliteFacts(folder),
      ...(server !== undefined && { nats: server.facts }),
    },
    async close() {
      folder.remove()
      await Promise.all([redis.close(), server?.close()])
    },
  }
}

function redisStore(redis: RedisForBenchmarks): WorkflowStore {
  return {
    name: 'Redis',
    connect: async () => redisTransport(redis.url, { prefix: PREFIX }),
    clear: () => redis.clear(PREFIX),
  }
}

function sqliteStore(folder: BenchmarkFolder): WorkflowStore {
  let files = 0
  return {
    name: 'SQLite',
    connect: async () => sqlite(join(folder.path, `workflow-${(files += 1)}.db`)),
    clear: () => folder.clear(),
  }
}

function natsStore(server: NatsForBenchmarks): WorkflowStore {
  return {
    name: 'NATS',
    connect: async () => nats(server.url, { prefix: PREFIX }),
    clear: () => server.drop([`${PREFIX}-queues`, `${PREFIX}-dead`, `KV_${PREFIX}-results`]),
  }
}

async function natsIfAny(): Promise<NatsForBenchmarks | undefined> {
  try {
    return await openNats()
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
    process.stderr.write(`${error.message} NATS is not measured.\n`)
    return undefined
  }
}
