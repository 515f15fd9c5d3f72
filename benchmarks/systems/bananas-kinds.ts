import { join } from 'node:path'
import type { Transport } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import type { BenchmarkFolder } from '../benchmark-folder.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import { bananasKind } from './bananas-system.ts'
import type { QueueSystemKind } from './queue-system.ts'

const PREFIX = 'bench-bananas'

export function bananasRedisKind(redis: RedisForBenchmarks): QueueSystemKind {
  return bananasKind({
    name: 'Bananas',
    separate: true,
    connect: () => transportOn(redis.url),
    clear: () => redis.clear(PREFIX),
  })
}

/** One application in one process, on a new file each round, with the adapter's default `synchronous=FULL`. */
export function bananasSqliteKind(folder: BenchmarkFolder): QueueSystemKind {
  let files = 0
  return bananasKind({
    name: 'Bananas',
    separate: false,
    connect: () => transportOn(join(folder.path, `bananas-${(files += 1)}.db`)),
    clear: () => folder.clear(),
  })
}

export function bananasMemoryKind(): QueueSystemKind {
  return bananasKind({
    name: 'Bananas',
    separate: false,
    connect: async () => memory(),
    clear: async () => {},
  })
}

/** A Redis URL, or the path of an SQLite file; as text it can be handed to another process. */
export async function transportOn(place: string): Promise<Transport> {
  if (/^rediss?:/.test(place)) return (await import('@bananasjs/redis')).redis(place, { prefix: PREFIX })
  return (await import('@bananasjs/sqlite')).sqlite(place)
}
