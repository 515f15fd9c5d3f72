import { QueueError } from '@bananasjs/core/contract'
import type { RedisDriver } from './redis-driver.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** What both ways of making a transport take. */
export interface RedisCommonOptions {
  /** Starts the name of every key, so that applications can share a server. Without braces. Default `bananas`. */
  readonly prefix?: string | undefined
  /** How long a call waits for a lost connection to come back before it rejects with CONNECTION_LOST. Default 10,000. */
  readonly recoveryMs?: number | undefined
  /** How long a command may take before its connection counts as dead and is made anew. Default 15,000. */
  readonly commandMs?: number | undefined
}

export interface RedisOptions extends RedisCommonOptions {
  /** `redis://user:password@host:port/db`, or `rediss://` for TLS. Default `redis://127.0.0.1:6379`. */
  readonly url?: string | undefined
  /** Nodes of a Redis Cluster to begin with; instead of a url. */
  readonly cluster?: readonly HostPort[] | undefined
  /** Sentinels, and the name of the primary they watch; instead of a url. */
  readonly sentinels?: readonly HostPort[] | undefined
  readonly primaryName?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Database number; 0 on a cluster. */
  readonly database?: number | undefined
  /** Handed to ioredis as it is: TLS, address family, NAT map and the like. */
  readonly driver?: Readonly<Record<string, unknown>> | undefined
}

export interface RedisClientOptions<D extends RedisDriver> extends RedisCommonOptions {
  /** A client of ioredis. It stays yours: closing the transport leaves it open. */
  readonly client: D
}

export interface Settings {
  readonly prefix: string
  readonly recoveryMs: number
  readonly commandMs: number
  readonly given: RedisDriver | undefined
  readonly connection: RedisOptions
}

/** @throws QueueError INVALID naming the option. */
export function settingsFrom(options: RedisOptions | RedisClientOptions<RedisDriver>): Settings {
  const { prefix = 'bananas', recoveryMs = 10_000, commandMs = 15_000 } = options
  if (typeof prefix !== 'string' || prefix === '' || /[{}]/.test(prefix)) {
    throw invalid(`prefix must be a non-empty string without braces, not ${JSON.stringify(prefix)}`)
  }
  if (!(recoveryMs >= 0)) throw invalid(`recoveryMs must be at least 0, not ${recoveryMs}`)
  if (!(commandMs > 0)) throw invalid(`commandMs must be above 0, not ${commandMs}`)
  if ('client' in options) {
    return { prefix, recoveryMs, commandMs, given: options.client, connection: {} }
  }
  checkConnection(options)
  return { prefix, recoveryMs, commandMs, given: undefined, connection: options }
}

function checkConnection({ url, cluster, sentinels, primaryName }: RedisOptions): void {
  const ways = [url, cluster, sentinels].filter((way) => way !== undefined)
  if (ways.length > 1) throw invalid('give one of url, cluster and sentinels')
  if (cluster?.length === 0 || sentinels?.length === 0) throw invalid('name at least one node')
  if (sentinels !== undefined && primaryName === undefined) {
    throw invalid('sentinels need primaryName, the name they know the primary by')
  }
  if (url !== undefined) checkUrl(url)
}

function checkUrl(url: string): void {
  const example = 'Write it like redis://user:password@host:6379/0, or rediss:// for TLS.'
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid(`the url cannot be read. ${example} Special characters in a password are percent-encoded`)
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw invalid(`the url begins with "${parsed.protocol}". ${example}`)
  }
  if (!/^\/?\d*$/.test(parsed.pathname)) {
    throw invalid(`the database "${parsed.pathname.slice(1)}" in the url must be a number. ${example}`)
  }
}

function invalid(why: string): QueueError {
  return new QueueError('INVALID', `redis: ${why}.`)
}
