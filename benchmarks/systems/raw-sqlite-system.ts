import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BenchmarkFolder } from '../benchmark-folder.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind } from './queue-system.ts'
import { rawBatch } from './raw-batch.ts'

const TABLE =
  'CREATE TABLE tasks (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, due_at INTEGER NOT NULL, body BLOB NOT NULL)'
const LEASE_MS = 15_000

/** The least that SQLite must do for a leased and acknowledged task: one table, one transaction per batch. */
export function rawSqliteKind(folder: BenchmarkFolder): QueueSystemKind {
  return {
    name: 'raw node:sqlite',
    role: 'raw',
    canWait: false,
    clear: () => folder.clear(),
    async open({ queue }) {
      const database = new DatabaseSync(join(folder.path, `${queue}.db`))
      database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; ${TABLE}`)
      return system(database)
    },
  }
}

function system(database: DatabaseSync): QueueSystem {
  const insert = database.prepare('INSERT INTO tasks (state, due_at, body) VALUES (0, 0, ?)')
  const count = database.prepare('SELECT count(*) AS count FROM tasks')
  const store = (tasks: readonly Payload[]): void =>
    transaction(database, () => {
      for (const task of tasks) insert.run(Buffer.from(JSON.stringify(task)))
    })
  const gathered = gather(store)
  const ending = new AbortController()
  let running: Promise<void> | undefined
  return {
    add: (task) => gathered(task),
    async addBulk(tasks) {
      store(tasks)
    },
    async work(concurrency, handler) {
      running = loop(database, rawBatch(concurrency), ending.signal, handler)
    },
    async pending() {
      return (count.get() as { count: number }).count
    },
    async close() {
      ending.abort()
      await running
      database.close()
    },
  }
}

/** Group commit: what one turn of the event loop adds is one transaction. */
function gather(store: (tasks: readonly Payload[]) => void): (task: Payload) => Promise<void> {
  let waiting: Payload[] = []
  let turn: Promise<void> | undefined
  return (task) => {
    waiting.push(task)
    turn ??= new Promise<void>((resolve) => void setImmediate(resolve)).then(() => {
      const batch = waiting
      waiting = []
      turn = undefined
      store(batch)
    })
    return turn
  }
}

async function loop(
  database: DatabaseSync,
  batch: number,
  signal: AbortSignal,
  handler: (task: Payload) => unknown,
): Promise<void> {
  const line = database.prepare('SELECT id, body FROM tasks WHERE state = 0 ORDER BY id LIMIT ?')
  const lease = database.prepare('UPDATE tasks SET state = 1, due_at = ? WHERE id = ?')
  const acknowledge = database.prepare('DELETE FROM tasks WHERE id = ? AND state = 1')
  let held: { id: number; body: Uint8Array }[] = []
  while (!signal.aborted) {
    transaction(database, () => {
      for (const { id } of held) acknowledge.run(id)
      held = line.all(batch) as typeof held
      for (const { id } of held) lease.run(Date.now() + LEASE_MS, id)
    })
    for (const { body } of held) handler(JSON.parse(Buffer.from(body).toString()) as Payload)
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

function transaction(database: DatabaseSync, body: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    body()
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
