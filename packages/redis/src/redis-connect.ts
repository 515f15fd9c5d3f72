import { backoffMs, Reconnects, systemRuntime } from '@bananasjs/core/contract'
import { Cluster, Redis } from 'ioredis'
import type { RedisDriver } from './redis-driver.ts'
import type { RedisOptions } from './redis-options.ts'

/**
 * A client of ioredis that reconnects for ever and repeats nothing by itself: a command whose answer is lost rejects,
 * because sending it again could publish twice.
 */
export function connect(options: RedisOptions): RedisDriver {
  // ioredis counts attempts, too, but forgets them as soon as a connection is ready, however soon it ends.
  const reconnects = new Reconnects(systemRuntime)
  const client = clientOf(options, () => reconnects.pauseMs())
  client.on('ready', () => reconnects.ready())
  return client
}

function clientOf(options: RedisOptions, pauseMs: () => number): Redis | Cluster {
  const { cluster, sentinels, primaryName, url, username, password, database, driver } = options
  const login = {
    ...(username === undefined ? undefined : { username }),
    ...(password === undefined ? undefined : { password }),
    ...driver,
  }
  if (cluster !== undefined) {
    return new Cluster([...cluster], {
      lazyConnect: true,
      clusterRetryStrategy: pauseMs,
      retryDelayOnFailover: 0,
      slotsRefreshTimeout: 5000,
      ...driver,
      redisOptions: login,
    })
  }
  const single = {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false, // ioredis lets nobody catch the error when the connection ends meanwhile; see RedisSubscriber
    retryStrategy: pauseMs,
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (1 as const) : false),
    ...(database === undefined ? undefined : { db: database }),
    ...login,
  }
  if (sentinels !== undefined) {
    return new Redis({
      ...single,
      sentinels: [...sentinels],
      ...(primaryName === undefined ? undefined : { name: primaryName }),
      sentinelRetryStrategy: (attempt) => backoffMs(systemRuntime, attempt - 1),
      failoverDetector: true,
    })
  }
  return new Redis(url ?? 'redis://127.0.0.1:6379', single)
}

/** How messages and errors name the server; never with the password. */
export function describeServer({ cluster, sentinels, url }: RedisOptions): string {
  const nodes = cluster ?? sentinels
  if (nodes !== undefined) return nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  const { hostname, port } = new URL(url ?? 'redis://127.0.0.1:6379')
  return `${hostname || '127.0.0.1'}:${port || '6379'}`
}
