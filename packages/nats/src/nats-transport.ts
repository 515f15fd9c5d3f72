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
import { NatsBroker } from './nats-broker.ts'
import { NatsChannel } from './nats-channel.ts'
import { NatsClient } from './nats-client.ts'
import { diagnose } from './nats-diagnosis.ts'
import type { NatsDriver } from './nats-driver.ts'
import { settingsFrom } from './nats-options.ts'
import type { NatsClientOptions, NatsCommonOptions, NatsOptions } from './nats-options.ts'
import { NatsResultBackend } from './nats-result-backend.ts'

export interface NatsTransport extends Transport {
  readonly broker: Broker
  readonly results: ResultBackend
  readonly channel: Channel
  /** The connection of the driver, once there is one. */
  readonly connection: () => NatsDriver | undefined
  diagnose(options?: Abortable): Promise<readonly Diagnosis[]>
}

/**
 * Broker, results and channel on NATS JetStream. Nothing is opened before the first use.
 * @param options the url, or the options; by default `nats://127.0.0.1`
 * @throws QueueError INVALID for an option that makes no sense
 */
export function nats(options?: NatsOptions): NatsTransport
export function nats(url: string, options?: Omit<NatsOptions, 'url'>): NatsTransport
export function nats(options: NatsClientOptions<NatsDriver>): NatsTransport
export function nats(
  first: string | NatsOptions | NatsClientOptions<NatsDriver> = {},
  second: NatsCommonOptions = {},
): NatsTransport {
  const options = typeof first === 'string' ? { ...second, url: first } : first
  const client = new NatsClient(settingsFrom(options))
  const origin = originOf(options)
  return {
    broker: new NatsBroker(client),
    results: new NatsResultBackend(client),
    channel: new NatsChannel(client),
    ...(origin === undefined ? undefined : { origin }),
    connection: () => client.link.connection,
    async diagnose({ signal } = {}) {
      const tenancy = new Tenancy(
        client.needing(['queues', 'delayed', 'dead', 'results']),
        'nats',
        'diagnosis',
      )
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
function originOf(options: NatsOptions | NatsClientOptions<NatsDriver>): TransportOrigin | undefined {
  if ('client' in options) return undefined
  // A function cannot travel to another thread (an authenticator): then leases are kept from this one alone.
  if (Object.values(options.driver ?? {}).some((value) => typeof value === 'function')) return undefined
  return { module: import.meta.url, factory: 'nats', args: [options] }
}
