import type { ResultRecord, ResultState } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { bytesOf } from './sqlite-database.ts'

const ONE = 'SELECT state, expires_at, value FROM bananas_results WHERE id = ? AND expires_at > ?'
const MANY = `SELECT asked.key AS at, stored.state, stored.expires_at, stored.value
  FROM json_each(?) AS asked CROSS JOIN bananas_results AS stored ON stored.id = asked.value
  WHERE stored.expires_at > ?`
/** Fewer are as soon read one by one. */
const FEW = 8

interface Row {
  readonly at: number
  readonly state: ResultState
  readonly expires_at: number
  readonly value: Uint8Array | null
}

/** In the order of the ids; within a read transaction. */
export function readResults(client: SqliteClient, ids: readonly string[]): (ResultRecord | undefined)[] {
  const list = ids.length > FEW ? JSON.stringify(ids) : undefined
  // An id with a NUL or half a surrogate pair does not go through SQLite's JSON as it is.
  return list === undefined || list.includes('\\u')
    ? ids.map((id) => one(client, id))
    : many(client, ids, list)
}

function one(client: SqliteClient, id: string): ResultRecord | undefined {
  const now = client.now()
  const row = client.prepare(ONE).get(id, now) as Row | undefined
  return row && recordOf(id, row, now)
}

/** For a statement costs more than finding the row. */
function many(client: SqliteClient, ids: readonly string[], list: string): (ResultRecord | undefined)[] {
  const now = client.now()
  const records = Array.from<ResultRecord | undefined>({ length: ids.length })
  for (const row of client.prepare(MANY).all(list, now) as Row[])
    records[row.at] = recordOf(ids[row.at]!, row, now)
  return records
}

function recordOf(id: string, { state, expires_at: expiresAt, value }: Row, now: number): ResultRecord {
  return { id, state, value: bytesOf(value), ttlMs: expiresAt - now }
}
