import BeeQueue from 'bee-queue'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind, SystemOptions } from './queue-system.ts'

const PREFIX = 'bench-bee'
const RETRIES = 3
const STALL_CHECK_MS = 5000

/**
 * bee-queue as its README tunes it for speed. It announces results but does not keep them, and an announcement that comes
 * before the answer to `save` finds no job to tell: such a wait never ends, so it takes no part in waiting.
 */
export function beeQueueKind(redis: RedisForBenchmarks): QueueSystemKind {
  return {
    name: 'bee-queue',
    role: 'peer',
    canWait: false,
    clear: () => redis.clear(PREFIX),
    async open(options) {
      const producer = connect(redis, options, false)
      await producer.ready()
      return system(producer, redis, options)
    },
  }
}

function connect(
  { address }: RedisForBenchmarks,
  { queue, results }: SystemOptions,
  isWorker: boolean,
): BeeQueue<Payload> {
  const { host, port, username, password, db } = address
  const bee = new BeeQueue<Payload>(queue, {
    prefix: PREFIX,
    redis: {
      host,
      port,
      ...(username === undefined ? {} : { user: username }),
      ...(password === undefined ? {} : { password }),
      ...(db === undefined ? {} : { db }),
    },
    isWorker,
    getEvents: false,
    sendEvents: results,
    storeJobs: false,
    activateDelayedJobs: false,
    removeOnSuccess: true,
  })
  bee.on('error', (error) => process.stderr.write(`bee-queue: ${error.message}\n`))
  return bee
}

function system(producer: BeeQueue<Payload>, redis: RedisForBenchmarks, options: SystemOptions): QueueSystem {
  const create = (task: Payload): BeeQueue.Job<Payload> => producer.createJob(task).retries(RETRIES)
  let worker: BeeQueue<Payload> | undefined
  return {
    async add(task) {
      await create(task).save()
    },
    async addBulk(tasks) {
      const failures = await producer.saveAll(tasks.map(create))
      for (const error of failures.values()) throw error
    },
    async work(concurrency, handler) {
      worker = connect(redis, options, true)
      await worker.ready()
      worker.process(concurrency, (job: BeeQueue.Job<Payload>) => Promise.resolve(handler(job.data)))
      // Without it nothing of a dead worker comes back.
      await worker.checkStalledJobs(STALL_CHECK_MS)
    },
    async pending() {
      const { waiting, active, delayed, failed } = await producer.checkHealth()
      return waiting + active + delayed + failed
    },
    async close() {
      await worker?.close()
      await producer.close()
    },
  }
}
