import { QueueError } from '@bananasjs/core/contract'
import type { SqliteDatabase } from './sqlite-database.ts'

export const SCHEMA_VERSION = 1

/** States of a row in `bananas_messages`. */
export const READY = 0
export const DELAYED = 1
export const LEASED = 2

/**
 * - `seq` is a message's place in the line, taken from one counter under the write lock; it is kept across
 *   leases, releases and retries, and never used twice.
 * - `due_at` is when a delay or a lease ends, so that one index finds both.
 * - `body` is the bytes themselves up to INLINE_BYTES, else their number: then they live in `bananas_bodies`,
 *   because every change of state rewrites the whole row.
 * - Bytes may be NULL: that is how Node.js before 22.16 stores no bytes at all.
 * - The two indexes are partial: the ready line stays as small as what is ready, whatever else is stored.
 */
const TABLES = `
CREATE TABLE bananas_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE bananas_queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE bananas_messages (
  seq INTEGER PRIMARY KEY, queue INTEGER NOT NULL, priority INTEGER NOT NULL, state INTEGER NOT NULL,
  due_at INTEGER NOT NULL, token INTEGER NOT NULL, deliveries INTEGER NOT NULL,
  id TEXT NOT NULL, group_key TEXT, headers TEXT NOT NULL, body);
CREATE INDEX bananas_ready ON bananas_messages (queue, priority DESC, seq) WHERE state = 0;
CREATE INDEX bananas_timed ON bananas_messages (queue, due_at, state) WHERE state > 0;
CREATE TABLE bananas_bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE bananas_dead (
  letter INTEGER PRIMARY KEY, seq INTEGER NOT NULL, queue INTEGER NOT NULL, priority INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, dead_at INTEGER NOT NULL, reason TEXT NOT NULL,
  id TEXT NOT NULL, group_key TEXT, headers TEXT NOT NULL, body);
CREATE INDEX bananas_dead_line ON bananas_dead (queue, letter);
CREATE INDEX bananas_dead_id ON bananas_dead (queue, id);
CREATE TABLE bananas_results (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, expires_at INTEGER NOT NULL, value BLOB) WITHOUT ROWID;
CREATE INDEX bananas_results_expiry ON bananas_results (expires_at);
CREATE TABLE bananas_facts (key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, value BLOB) WITHOUT ROWID;
CREATE INDEX bananas_facts_expiry ON bananas_facts (expires_at);
CREATE TABLE bananas_joins (
  name TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, arrived INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX bananas_joins_expiry ON bananas_joins (expires_at);
CREATE TABLE bananas_arrivals (
  name TEXT NOT NULL, page INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (name, page)) WITHOUT ROWID;
CREATE TABLE bananas_channel (id INTEGER PRIMARY KEY, sent_at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB);
INSERT INTO bananas_meta VALUES ('schema', ${SCHEMA_VERSION}), ('counter', 0);
`

/**
 * Makes the tables in a new file, checks the version of an old one. All names start with `bananas_`, so the
 * file may hold tables of the application too.
 * @throws QueueError UNSUPPORTED for a file of a newer version.
 */
export function ensureSchema(database: SqliteDatabase, file: string): void {
  if (hasSchema(database, file)) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been quicker between the look and the lock.
    if (!hasSchema(database, file)) database.exec(TABLES)
    database.exec('COMMIT')
  } catch (error) {
    rollback(database)
    throw error
  }
}

/** Some errors (a full disk, for one) have ended the transaction already; a second rollback would hide the cause. */
export function rollback(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // There was nothing left to roll back.
  }
}

function hasSchema(database: SqliteDatabase, file: string): boolean {
  const table = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'bananas_meta'")
    .get()
  if (table === undefined) return false
  const row = database.prepare("SELECT value FROM bananas_meta WHERE name = 'schema'").get() as
    | { value: number }
    | undefined
  const version = row?.value ?? 0
  if (version > SCHEMA_VERSION) {
    throw new QueueError(
      'UNSUPPORTED',
      `sqlite: ${file} has schema version ${version}, this release of @bananasjs/sqlite knows ${SCHEMA_VERSION}. ` +
        'Upgrade the package here, or use another file.',
    )
  }
  return true
}
