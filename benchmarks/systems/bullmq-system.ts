import { Queue, QueueEvents, Worker } from 'bullmq'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind, SystemOptions } from './queue-system.ts'

const PREFIX = 'bench-bullmq'
/** As many as a task of this project gets by default. */
const ATTEMPTS = 4

/**
 * BullMQ at its best: own connections for producer, worker and events, and, with results off, completed jobs removed by a
 * setting of the worker, which costs no bytes per job. Auto-pipelining of the producer was tried and changed nothing.
 */
export function bullmqKind(redis: RedisForBenchmarks): QueueSystemKind {
  return {
    name: 'BullMQ',
    role: 'peer',
    canWait: true,
    clear: () => redis.clear(PREFIX),
    async open(options) {
      const parts = new Parts(redis, options)
      await parts.queue.waitUntilReady()
      return system(parts, options.results)
    },
  }
}

class Parts {
  readonly queue: Queue<Payload, number | undefined>
  readonly name: string
  readonly base: { readonly prefix: string; readonly connection: RedisForBenchmarks['address'] }
  worker: Worker<Payload, number | undefined> | undefined
  events: QueueEvents | undefined

  constructor(redis: RedisForBenchmarks, { queue }: SystemOptions) {
    this.name = queue
    this.base = { prefix: PREFIX, connection: redis.address }
    this.queue = new Queue(queue, {
      prefix: PREFIX,
      connection: redis.address,
      defaultJobOptions: { attempts: ATTEMPTS },
    })
    // It adds one listener per call in flight, and would warn of a leak.
    this.queue.setMaxListeners(0)
  }

  async listen(): Promise<QueueEvents> {
    this.events ??= new QueueEvents(this.name, this.base)
    await this.events.waitUntilReady()
    return this.events
  }

  async close(): Promise<void> {
    await this.worker?.close()
    await this.events?.close()
    await this.queue.close()
  }
}

function system(parts: Parts, results: boolean): QueueSystem {
  const { queue } = parts
  return {
    async add(task) {
      await queue.add('bench', task)
    },
    async addBulk(tasks) {
      await queue.addBulk(tasks.map((data) => ({ name: 'bench', data })))
    },
    async addAndWait(task) {
      const job = await queue.add('bench', task)
      return job.waitUntilFinished(parts.events!)
    },
    async work(concurrency, handler) {
      if (results) await parts.listen()
      const worker = new Worker<Payload, number | undefined>(
        parts.name,
        (job) => Promise.resolve(handler(job.data)),
        { ...parts.base, concurrency, ...(results ? {} : { removeOnComplete: { count: 0 } }) },
      )
      worker.on('error', (error) => process.stderr.write(`BullMQ: ${error.message}\n`))
      parts.worker = worker
      await worker.waitUntilReady()
    },
    async pending() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    close: () => parts.close(),
  }
}
