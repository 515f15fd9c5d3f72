import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BenchmarkFolder } from './benchmark-folder.ts'
import type { NatsFacts } from './nats-server.ts'
import type { RabbitmqFacts } from './rabbitmq-server.ts'
import type { RedisFacts } from './redis-server.ts'
import type { SqsFacts } from './sqs-server.ts'
import { median } from './statistics.ts'

/** What a figure depends on, and so must be read with it. */
export interface Environment {
  readonly at: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  /** Load over the last minute when the run began. Above 0.5 per core the figures say little. */
  readonly load: number
  readonly packages: Readonly<Record<string, string>>
  readonly redis?: RedisFacts
  readonly sqlite?: SqliteFacts
  readonly rabbitmq?: RabbitmqFacts
  readonly nats?: NatsFacts
  readonly sqs?: SqsFacts
}

export interface SqliteFacts {
  readonly version: string
  readonly journal: string
  readonly synchronous: string
  readonly fileSystem: string
  /** Median time of a 4 kB write with fsync on that disk. */
  readonly fsyncMs: number
}

const PACKAGES = [
  '@bananasjs/core',
  '@bananasjs/redis',
  '@bananasjs/sqlite',
  '@bananasjs/rabbitmq',
  '@bananasjs/nats',
  '@bananasjs/sqs',
  'bullmq',
  'bee-queue',
  'ioredis',
  'amqplib',
  '@nats-io/transport-node',
  '@aws-sdk/client-sqs',
  'fauxqs',
]

export function environment(parts: Partial<Environment> = {}): Environment {
  return {
    at: new Date().toISOString(),
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    load: loadavg()[0]!,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    ...parts,
  }
}

export function sqliteFacts(folder: BenchmarkFolder): SqliteFacts {
  const database = new DatabaseSync(':memory:')
  try {
    const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
    const { fileSystem, path } = folder
    return { version, journal: 'WAL', synchronous: 'FULL', fileSystem, fsyncMs: fsyncMs(join(path, 'fsync')) }
  } finally {
    database.close()
  }
}

function fsyncMs(path: string): number {
  const file = openSync(path, 'w')
  try {
    const block = Buffer.alloc(4096)
    const times = Array.from({ length: 50 }, () => {
      const from = performance.now()
      writeSync(file, block)
      fsyncSync(file)
      return performance.now() - from
    })
    return median(times)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

function versionOf(name: string): string {
  const manifest = new URL(`./node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
