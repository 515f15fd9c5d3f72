import { Redis } from 'ioredis'
import type { RedisForBenchmarks } from '../redis-server.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind } from './queue-system.ts'
import { rawBatch } from './raw-batch.ts'

const PREFIX = 'bench-raw'

/** Acknowledges the batch before, leases the next: the reliable queue pattern of Redis' own LMOVE page, in batches. */
const NEXT_BATCH = `redis.call('DEL', KEYS[2])
local taken = redis.call('LPOP', KEYS[1], ARGV[1])
if not taken then return {} end
redis.call('RPUSH', KEYS[2], unpack(taken))
return taken`

/** The least that Redis must do for a leased and acknowledged task: a list, a list of what is held, and nothing else. */
export function rawRedisKind(redis: RedisForBenchmarks): QueueSystemKind {
  return {
    name: 'raw ioredis',
    role: 'raw',
    canWait: false,
    clear: () => redis.clear(PREFIX),
    async open({ queue }) {
      const producer = new Redis({ ...redis.address, enableAutoPipelining: true })
      const consumer = new Redis(redis.address)
      await Promise.all([producer.ping(), consumer.ping()])
      return system(producer, consumer, {
        ready: `${PREFIX}:{${queue}}:ready`,
        held: `${PREFIX}:{${queue}}:held`,
      })
    },
  }
}

function system(
  producer: Redis,
  consumer: Redis,
  { ready, held }: { ready: string; held: string },
): QueueSystem {
  const ending = new AbortController()
  let running: Promise<void> | undefined
  return {
    async add(task) {
      await producer.rpush(ready, JSON.stringify(task))
    },
    async addBulk(tasks) {
      await producer.rpush(ready, ...tasks.map((task) => JSON.stringify(task)))
    },
    async work(concurrency, handler) {
      running = loop(consumer, { ready, held, batch: rawBatch(concurrency), signal: ending.signal, handler })
    },
    async pending() {
      const [waiting, leased] = await Promise.all([producer.llen(ready), producer.llen(held)])
      return waiting + leased
    },
    async close() {
      ending.abort()
      consumer.disconnect()
      await running
      await producer.quit()
    },
  }
}

interface Loop {
  readonly ready: string
  readonly held: string
  readonly batch: number
  readonly signal: AbortSignal
  readonly handler: (task: Payload) => unknown
}

async function loop(redis: Redis, { ready, held, batch, signal, handler }: Loop): Promise<void> {
  try {
    const sha = String(await redis.script('LOAD', NEXT_BATCH))
    while (!signal.aborted) {
      const taken = (await redis.evalsha(sha, 2, ready, held, batch)) as string[]
      if (taken.length === 0) {
        const one = await redis.blmove(ready, held, 'LEFT', 'RIGHT', 1)
        if (one !== null) taken.push(one)
      }
      for (const text of taken) handler(JSON.parse(text) as Payload)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
