import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'

const EVERY_MS = 1000
const SOON_MS = 50
const ROWS = 500
const CHANNEL_ROWS = 10_000
const CHANNEL_MS = 60_000
/** Free pages (8 KiB each) kept for the next burst; only what is beyond them goes back to the file system. */
const SPARE_PAGES = 2048
const VACUUM_PAGES = 128

/**
 * Sweeps what has expired, in small bites beside other writes: started by a write, at most once a second,
 * again soon while there is more, not at all when nothing happens.
 */
export class Housekeeping {
  readonly #client: SqliteClient
  readonly #write: (run: () => boolean, cost: number) => Promise<boolean>
  #timer: Timer | undefined
  #stopped = false

  constructor(client: SqliteClient, write: (run: () => boolean, cost: number) => Promise<boolean>) {
    this.#client = client
    this.#write = write
  }

  wanted(): void {
    if (this.#timer === undefined && !this.#stopped) this.#schedule(EVERY_MS)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #schedule(delayMs: number): void {
    this.#timer = systemRuntime.setTimer(() => void this.#sweep(), delayMs, true)
  }

  async #sweep(): Promise<void> {
    // A failure concerns the next write as well, which will tell its caller.
    const more = await this.#write(() => sweep(this.#client), ROWS).catch(() => false)
    this.#timer = undefined
    if (more && !this.#stopped) this.#schedule(SOON_MS)
  }
}

/** @returns true when there is more to do. Inside a write only. */
export function sweep(client: SqliteClient): boolean {
  const now = client.now()
  const full = [
    expire(client, 'bananas_results', 'id', now),
    expire(client, 'bananas_facts', 'key', now),
    expireJoins(client, now),
    trimChannel(client, now),
    shrink(client),
  ]
  return full.includes(true)
}

function expire(client: SqliteClient, table: string, key: string, now: number): boolean {
  const sql = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? LIMIT ${ROWS})`
  return client.prepare(sql).run(now).changes === ROWS
}

function expireJoins(client: SqliteClient, now: number): boolean {
  const names = client.prepare('SELECT name FROM bananas_joins WHERE expires_at <= ? LIMIT 20').all(now) as {
    name: string
  }[]
  for (const { name } of names) {
    client.prepare('DELETE FROM bananas_arrivals WHERE name = ?').run(name)
    client.prepare('DELETE FROM bananas_joins WHERE name = ?').run(name)
  }
  return names.length === 20
}

function trimChannel(client: SqliteClient, now: number): boolean {
  const beyond = client
    .prepare(`SELECT id FROM bananas_channel ORDER BY id DESC LIMIT 1 OFFSET ${CHANNEL_ROWS}`)
    .get()
  const last = (beyond as { id: number } | undefined)?.id ?? -1
  const old = client.prepare(
    `DELETE FROM bananas_channel WHERE id IN (
       SELECT id FROM (SELECT id, sent_at FROM bananas_channel ORDER BY id LIMIT ${ROWS}) WHERE id <= ? OR sent_at < ?)`,
  )
  return old.run(last, now - CHANNEL_MS).changes === ROWS
}

function shrink(client: SqliteClient): boolean {
  const { freelist_count: free } = client.prepare('PRAGMA freelist_count').get() as { freelist_count: number }
  if (free <= SPARE_PAGES) return false
  const { auto_vacuum: mode } = client.prepare('PRAGMA auto_vacuum').get() as { auto_vacuum: number }
  if (mode !== 2) return false
  client.database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
  return true
}
