import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../tests/free-port.ts'
import { CannotRun } from './cannot-run.ts'

export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db?: number
}

/** The server everyone is measured on. */
export interface RedisForBenchmarks {
  readonly url: string
  readonly address: RedisAddress
  readonly facts: RedisFacts
  /** Removes the keys that begin with `prefix`, and nothing else. */
  clear(prefix: string): Promise<void>
  /** Bytes the server's data takes, without the buffers of its connections. */
  usedBytes(): Promise<number>
  close(): Promise<void>
}

export interface RedisFacts {
  readonly version: string
  readonly appendonly: string
  readonly appendfsync: string
  readonly save: string
  readonly startedHere: boolean
}

const START_MS = 10_000

/**
 * The server at BANANAS_REDIS_URL, else one of our own: `redis-server` from PATH on a free loopback port, nothing written to disk.
 * @throws CannotRun when there is neither
 */
export async function openRedis(): Promise<RedisForBenchmarks> {
  const given = process.env['BANANAS_REDIS_URL']
  if (given !== undefined) return connected(given, undefined)
  const server = await startServer()
  try {
    return await connected(`redis://127.0.0.1:${server.port}`, server)
  } catch (error) {
    server.stop()
    throw error
  }
}

interface OwnServer {
  readonly port: number
  stop(): void
}

async function startServer(): Promise<OwnServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bananas-redis-'))
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const child = spawn('redis-server', settings, { stdio: 'ignore' })
  const stop = (): void => {
    process.off('exit', stop)
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', stop)
  try {
    await spawned(child)
  } catch (error) {
    stop()
    throw error
  }
  return { port, stop }
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(
        new CannotRun(
          'No Redis to measure: set BANANAS_REDIS_URL=redis://host:port, or put a redis-server binary on PATH.',
          { cause },
        ),
      ),
    )
  })
}

async function connected(url: string, server: OwnServer | undefined): Promise<RedisForBenchmarks> {
  const address = addressOf(url)
  const admin = new Redis({ ...address, maxRetriesPerRequest: null, retryStrategy: () => 50 })
  let last: Error | undefined
  admin.on('error', (error) => (last = error))
  try {
    await within(
      admin.ping(),
      START_MS,
      () => `Redis at ${url} does not answer: ${last?.message ?? 'silence'}`,
    )
    return { url, address, ...operations(admin, server), facts: await factsOf(admin, server !== undefined) }
  } catch (error) {
    admin.disconnect()
    throw error
  }
}

function operations(
  admin: Redis,
  server: OwnServer | undefined,
): Pick<RedisForBenchmarks, 'clear' | 'usedBytes' | 'close'> {
  return {
    async clear(prefix) {
      if (server !== undefined) await admin.flushall('SYNC')
      else await removeKeys(admin, prefix)
    },
    async usedBytes() {
      const memory = await admin.info('memory')
      return Number(fieldOf(memory, 'used_memory')) - Number(fieldOf(memory, 'mem_clients_normal') ?? 0)
    },
    async close() {
      admin.disconnect()
      server?.stop()
    },
  }
}

async function removeKeys(admin: Redis, prefix: string): Promise<void> {
  for await (const keys of admin.scanStream({ match: `${prefix}*`, count: 1000 }) as AsyncIterable<
    string[]
  >) {
    if (keys.length > 0) await admin.unlink(...keys)
  }
}

async function factsOf(admin: Redis, startedHere: boolean): Promise<RedisFacts> {
  const info = await admin.info('server')
  const setting = async (name: string): Promise<string> => {
    const answer = (await admin.config('GET', name).catch(() => [])) as readonly string[]
    return answer[1] ?? 'unknown'
  }
  const version = fieldOf(info, 'valkey_version') ?? fieldOf(info, 'redis_version') ?? 'unknown'
  const [appendonly, appendfsync, save] = await Promise.all(
    ['appendonly', 'appendfsync', 'save'].map(setting),
  )
  return { version, appendonly: appendonly!, appendfsync: appendfsync!, save: save!, startedHere }
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

function addressOf(url: string): RedisAddress {
  const { hostname, port, username, password, pathname } = new URL(url)
  const db = Number(pathname.slice(1))
  return {
    host: hostname,
    port: Number(port || 6379),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(db > 0 ? { db } : {}),
  }
}

async function within<T>(promise: Promise<T>, ms: number, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CannotRun(message())), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
