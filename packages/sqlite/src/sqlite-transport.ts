import { Tenancy } from '@bananasjs/core/contract'
import type { DatabaseSync } from 'node:sqlite'
import type {
  Abortable,
  Broker,
  Channel,
  Diagnosis,
  ResultBackend,
  Transport,
  TransportOrigin,
} from '@bananasjs/core/contract'
import type { SqliteDatabase } from './sqlite-database.ts'
import type { SqliteDatabaseOptions, SqliteOptions } from './sqlite-options.ts'
import { durabilityOf, settingsFrom } from './sqlite-options.ts'
import type { Settings } from './sqlite-options.ts'
import { SqliteBroker } from './sqlite-broker.ts'
import { SqliteChannel } from './sqlite-channel.ts'
import { SqliteClient } from './sqlite-client.ts'
import { diagnose } from './sqlite-diagnosis.ts'
import { SqliteResultBackend } from './sqlite-result-backend.ts'

export interface SqliteTransport<D extends SqliteDatabase = DatabaseSync> extends Transport {
  readonly broker: Broker
  readonly results: ResultBackend
  readonly channel: Channel
  /** The raw connection, opened by the first look. The tables named `bananas_…` are this package's own. */
  readonly client: D
  diagnose(options?: Abortable): Promise<readonly Diagnosis[]>
}

/**
 * Broker, results and channel on one SQLite file. Nothing is opened before the first use.
 * @param options the path, or the options; by default `./bananas.db`
 * @throws QueueError INVALID for an option that makes no sense
 */
export function sqlite(options?: string | SqliteOptions): SqliteTransport
export function sqlite<D extends SqliteDatabase>(options: SqliteDatabaseOptions<D>): SqliteTransport<D>
export function sqlite(
  options: string | SqliteOptions | SqliteDatabaseOptions<SqliteDatabase> = {},
): SqliteTransport<SqliteDatabase> {
  const settings = settingsFrom(typeof options === 'string' ? { path: options } : options)
  const client = new SqliteClient(settings)
  const durability = durabilityOf(settings)
  return {
    broker: new SqliteBroker(client, durability),
    results: new SqliteResultBackend(client, durability),
    channel: new SqliteChannel(client),
    origin: originOf(settings),
    get client() {
      return client.database
    },
    async diagnose({ signal } = {}) {
      const tenancy = new Tenancy(client, 'sqlite', 'diagnosis')
      try {
        await tenancy.open(signal)
        return await diagnose(client)
      } finally {
        await tenancy.leave()
      }
    },
  }
}

/** This module exports the factory, as source and as bundle alike, so its own address is the one to import. */
function originOf({ given, path, synchronous, busyTimeoutMs, now }: Settings): TransportOrigin | undefined {
  if (given !== undefined || path === ':memory:' || now !== Date.now) return undefined
  return { module: import.meta.url, factory: 'sqlite', args: [{ path, synchronous, busyTimeoutMs }] }
}
