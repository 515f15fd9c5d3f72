import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBenchmarkFolder } from './benchmark-folder.ts'
import type { BenchmarkFolder } from './benchmark-folder.ts'
import { CannotRun } from './cannot-run.ts'
import { bundleSize } from './cases/bundle-size.ts'
import { enqueueBulk } from './cases/enqueue-bulk.ts'
import { enqueueInFlight } from './cases/enqueue-in-flight.ts'
import { idleLatency } from './cases/idle-latency.ts'
import { importTime } from './cases/import-time.ts'
import { memoryPerTask } from './cases/memory-per-task.ts'
import { processNoOp } from './cases/process-no-op.ts'
import { scale } from './cases/scale.ts'
import { waitForResult } from './cases/wait-for-result.ts'
import { sqliteFacts } from './environment.ts'
import { openRedis } from './redis-server.ts'
import type { RedisForBenchmarks } from './redis-server.ts'
import type { Suite } from './suite.ts'
import { chaosSuite } from './suites/chaos-suite.ts'
import { natsSuite } from './suites/nats-suite.ts'
import { rabbitmqSuite } from './suites/rabbitmq-suite.ts'
import { sqsSuite } from './suites/sqs-suite.ts'
import { workflowSuite } from './suites/workflow-suite.ts'
import { bananasMemoryKind, bananasRedisKind, bananasSqliteKind } from './systems/bananas-kinds.ts'
import { beeQueueKind } from './systems/bee-queue-system.ts'
import { bullmqKind } from './systems/bullmq-system.ts'
import { rawRedisKind } from './systems/raw-redis-system.ts'
import { rawSqliteKind } from './systems/raw-sqlite-system.ts'

export const SUITES: Readonly<Record<string, (tasks: number | undefined) => Promise<Suite>>> = {
  redis: redisSuite,
  sqlite: sqliteSuite,
  rabbitmq: rabbitmqSuite,
  nats: natsSuite,
  sqs: sqsSuite,
  workflow: workflowSuite,
  chaos: chaosSuite,
  memory: memorySuite,
  core: coreSuite,
  scale: scaleSuite,
}

async function redisSuite(tasks: number | undefined): Promise<Suite> {
  const redis = await openRedis()
  const bullmq = bullmqKind(redis)
  const ours = bananasRedisKind(redis)
  const all = [ours, bullmq, beeQueueKind(redis), rawRedisKind(redis)]
  const against = bullmq.name
  return {
    cases: [
      enqueueInFlight(all, tasks, [{ measure: 'rate', against, floor: 2.5, aim: 5 }]),
      enqueueBulk(all, tasks, [{ measure: 'rate', against, floor: 6, aim: 12 }]),
      processNoOp(all, {
        concurrency: 100,
        tasks: tasks ?? 20_000,
        goals: [{ measure: 'rate', against, floor: 4, aim: 10 }],
      }),
      processNoOp(all, {
        concurrency: 1,
        tasks: tasks ?? 5000,
        goals: [{ measure: 'rate', against, floor: 1.5, aim: 3 }],
      }),
      processNoOp([ours, bullmq], { concurrency: 100, tasks: tasks ?? 20_000, results: true }),
      waitForResult(all, tasks),
      idleLatency(all, tasks, [
        { measure: 'p50', against, floor: 1, aim: 0.5 },
        { measure: 'p99', against, floor: 1, aim: 0.5 },
      ]),
      memoryPerTask(all, redis, tasks, [{ measure: 'bytes', floor: 350, aim: 300 }]),
    ],
    environment: { redis: redis.facts },
    close: () => redis.close(),
  }
}

async function sqliteSuite(tasks: number | undefined): Promise<Suite> {
  const redis = await redisIfAny('BullMQ is not measured beside SQLite')
  const folder = openBenchmarkFolder()
  const raw = rawSqliteKind(folder)
  const peers = redis === undefined ? [] : [{ ...bullmqKind(redis), name: 'BullMQ on Redis' }]
  const all = [bananasSqliteKind(folder), ...peers, raw]
  const goals = [
    { measure: 'rate', against: 'BullMQ on Redis', floor: 1.5 },
    { measure: 'rate', against: raw.name, aim: 0.6 },
  ]
  return {
    cases: [
      enqueueBulk(all, tasks, goals),
      processNoOp(all, { concurrency: 100, tasks: tasks ?? 20_000, goals }),
      processNoOp(all, { concurrency: 1, tasks: tasks ?? 5000 }),
      enqueueInFlight(all, tasks),
      processNoOp(all.slice(0, -1), { concurrency: 100, tasks: tasks ?? 20_000, results: true }),
      waitForResult(all, tasks),
      idleLatency(all.slice(0, -1), tasks),
    ],
    environment: { sqlite: sqliteFacts(folder), ...(redis === undefined ? {} : { redis: redis.facts }) },
    close: () => closeAll(folder, redis),
  }
}

async function memorySuite(tasks: number | undefined): Promise<Suite> {
  const all = [bananasMemoryKind()]
  return {
    cases: [
      enqueueInFlight(all, tasks),
      enqueueBulk(all, tasks),
      processNoOp(all, { concurrency: 100, tasks: tasks ?? 20_000 }),
      processNoOp(all, { concurrency: 1, tasks: tasks ?? 20_000 }),
      waitForResult(all, tasks),
      idleLatency(all, tasks),
    ],
    environment: {},
    close: async () => {},
  }
}

async function coreSuite(): Promise<Suite> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), 'core'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (built.status !== 0)
    throw new CannotRun('The build of packages/core failed; run `node scripts/build.ts core` to see why.')
  const bundle = join(root, 'packages/core/dist/index.js')
  return {
    cases: [
      importTime(bundle, [{ measure: 'import', floor: 5 }]),
      bundleSize(bundle, [{ measure: 'gzip', floor: 20, aim: 12 }]),
    ],
    environment: {},
    close: async () => {},
  }
}

async function scaleSuite(tasks: number | undefined): Promise<Suite> {
  const redis = await redisIfAny('Redis is not measured at scale')
  const folder = openBenchmarkFolder()
  let files = 0
  const sqlite = {
    name: 'sqlite',
    place: () => join(folder.path, `scale-${(files += 1)}.db`),
    clear: () => folder.clear(),
  }
  const onRedis =
    redis === undefined
      ? []
      : [{ name: 'redis', place: () => redis.url, clear: () => redis.clear('bench-bananas') }]
  return {
    cases: [sqlite, ...onRedis].map((store) => scale(store, tasks)),
    environment: { sqlite: sqliteFacts(folder), ...(redis === undefined ? {} : { redis: redis.facts }) },
    close: () => closeAll(folder, redis),
  }
}

async function redisIfAny(consequence: string): Promise<RedisForBenchmarks | undefined> {
  try {
    return await openRedis()
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
    process.stderr.write(`${error.message} ${consequence}.\n`)
    return undefined
  }
}

async function closeAll(folder: BenchmarkFolder, redis: RedisForBenchmarks | undefined): Promise<void> {
  folder.remove()
  await redis?.close()
}
