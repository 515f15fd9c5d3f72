import { Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  Channel,
  Diagnosis,
  ResultBackend,
  Transport,
  TransportOrigin,
} from '@bananasjs/core/contract'
import { RedisBroker } from './redis-broker.ts'
import { RedisChannel } from './redis-channel.ts'
import { RedisClient } from './redis-client.ts'
import { diagnose } from './redis-diagnosis.ts'
import type { RedisDriver } from './redis-driver.ts'
import { settingsFrom } from './redis-options.ts'
import type { RedisClientOptions, RedisCommonOptions, RedisOptions } from './redis-options.ts'
import { RedisResultBackend } from './redis-result-backend.ts'

export interface RedisTransport<D extends RedisDriver = RedisDriver> extends Transport {
  readonly broker: Broker
  readonly results: ResultBackend
  readonly channel: Channel
  /** The raw client of ioredis. Keys that begin with the prefix are this package's own. */
  readonly client: D
  diagnose(options?: Abortable): Promise<readonly Diagnosis[]>
}

/**
 * Broker, results and channel on one Redis or Valkey: a single server, Sentinel or Cluster. Nothing is opened before
 * the first use.
 * @param options the url, or the options; by default `redis://127.0.0.1:6379`
 * @throws QueueError INVALID for an option that makes no sense
 */
export function redis(options?: RedisOptions): RedisTransport
export function redis(url: string, options?: Omit<RedisOptions, 'url'>): RedisTransport
export function redis<D extends RedisDriver>(options: RedisClientOptions<D>): RedisTransport<D>
export function redis(
  first: string | RedisOptions | RedisClientOptions<RedisDriver> = {},
  second: RedisCommonOptions = {},
): RedisTransport {
  const options = typeof first === 'string' ? { ...second, url: first } : first
  const client = new RedisClient(settingsFrom(options))
  const origin = originOf(options)
  return {
    broker: new RedisBroker(client),
    results: new RedisResultBackend(client),
    channel: new RedisChannel(client),
    ...(origin === undefined ? undefined : { origin }),
    client: client.main.driver,
    async diagnose({ signal } = {}) {
      const tenancy = new Tenancy(client, 'redis', 'diagnosis')
      try {
        await tenancy.open(signal)
        return await diagnose(client)
      } finally {
        tenancy.shut()
        await tenancy.leave()
      }
    },
  }
}

/** This module exports the factory, as source and as bundle alike, so its own address is the one to import. */
function originOf(options: RedisOptions | RedisClientOptions<RedisDriver>): TransportOrigin | undefined {
  if ('client' in options) return undefined
  // A function cannot travel to another thread (a NAT map, a TLS check): then leases are kept from this one alone.
  if (Object.values(options.driver ?? {}).some((value) => typeof value === 'function')) return undefined
  return { module: import.meta.url, factory: 'redis', args: [options] }
}
