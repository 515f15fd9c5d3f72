import { resolve } from 'node:path'
import { QueueError } from '@bananasjs/core/contract'
import type { Durability } from '@bananasjs/core/contract'
import type { SqliteDatabase } from './sqlite-database.ts'

export type Synchronous = 'FULL' | 'NORMAL' | 'OFF'

interface SharedOptions {
  /**
   * What a commit waits for. `FULL` (default): the disk, so a power cut loses nothing that was acknowledged.
   * `NORMAL`: a power cut may lose the last moments. `OFF`: a power cut may also damage the file.
   * A handed-in database keeps its own setting unless this is given.
   */
  readonly synchronous?: Synchronous | undefined
  /** How long a call waits for a lock that another process holds before it rejects with CONNECTION_LOST. Default 30,000. */
  readonly busyTimeoutMs?: number | undefined
  /** Epoch milliseconds; for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

export interface SqliteOptions extends SharedOptions {
  /** The file, made when missing; its folder must exist. `':memory:'` lives and dies with this transport. Default `./bananas.db`. */
  readonly path?: string | undefined
}

export interface SqliteDatabaseOptions<D extends SqliteDatabase> extends SharedOptions {
  /** An open database. It stays yours: closing the transport leaves it open. */
  readonly database: D
}

export interface Settings {
  /** As SQLite is told: an absolute path, `':memory:'` or a `file:` URI. Empty for a handed-in database. */
  readonly path: string
  readonly given: SqliteDatabase | undefined
  readonly synchronous: Synchronous | undefined
  readonly busyTimeoutMs: number
  readonly now: () => number
}

/** @throws QueueError INVALID naming the option. */
export function settingsFrom(options: SqliteOptions | SqliteDatabaseOptions<SqliteDatabase>): Settings {
  const { synchronous, busyTimeoutMs = 30_000, now = Date.now } = options
  if (synchronous !== undefined && !['FULL', 'NORMAL', 'OFF'].includes(synchronous)) {
    throw invalid(`synchronous must be 'FULL', 'NORMAL' or 'OFF', not ${JSON.stringify(synchronous)}`)
  }
  if (!(busyTimeoutMs >= 0)) throw invalid(`busyTimeoutMs must be at least 0, not ${busyTimeoutMs}`)
  if ('database' in options) return { path: '', given: options.database, synchronous, busyTimeoutMs, now }
  const path = absolute(options.path ?? './bananas.db')
  return { path, given: undefined, synchronous: synchronous ?? 'FULL', busyTimeoutMs, now }
}

function absolute(path: unknown): string {
  if (typeof path !== 'string' || path === '') throw invalid('path must be a non-empty string')
  return path === ':memory:' || path.startsWith('file:') ? path : resolve(path)
}

function invalid(why: string): QueueError {
  return new QueueError('INVALID', `sqlite: ${why}.`)
}

/** What a commit survives under these settings, without opening a file. */
export function durabilityOf(settings: Settings): Durability {
  if (settings.given === undefined) {
    if (settings.path === ':memory:' || /[?&]mode=memory\b/.test(settings.path)) return 'memory'
    return settings.synchronous === 'FULL' ? 'disk' : 'process'
  }
  if (fileOf(settings.given) === '') return 'memory'
  if (settings.synchronous !== undefined) return settings.synchronous === 'FULL' ? 'disk' : 'process'
  return synchronousOf(settings.given) >= 2 ? 'disk' : 'process'
}

/** The absolute path behind a connection; empty for a database in memory. */
export function fileOf(database: SqliteDatabase): string {
  const rows = database.prepare('PRAGMA database_list').all() as { name: string; file: string | null }[]
  return rows.find((row) => row.name === 'main')?.file ?? ''
}

/** SQLite's number for the setting: 0 OFF, 1 NORMAL, 2 FULL, 3 EXTRA. */
export function synchronousOf(database: SqliteDatabase): number {
  return (database.prepare('PRAGMA synchronous').get() as { synchronous: number }).synchronous
}
