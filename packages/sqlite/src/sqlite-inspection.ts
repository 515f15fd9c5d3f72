import type { Message, QueueCounts } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { dropBody, toMessage } from './sqlite-messages.ts'
import type { StoredMessage } from './sqlite-messages.ts'
import { DELAYED, LEASED, READY } from './sqlite-schema.ts'

export const PURGE_ROWS = 1000

const COLUMNS = 'seq, id, priority, group_key, headers, body, deliveries'
const IN_LINE = `SELECT ${COLUMNS} FROM bananas_messages INDEXED BY bananas_ready
  WHERE queue = ? AND state = ${READY} ORDER BY priority DESC, seq LIMIT ?`
const OVERDUE = `SELECT ${COLUMNS} FROM bananas_messages INDEXED BY bananas_timed
  WHERE queue = ? AND state > 0 AND due_at <= ? ORDER BY due_at LIMIT ?`
const PURGE = `DELETE FROM bananas_messages WHERE seq IN (
  SELECT seq FROM bananas_messages WHERE queue = ? AND seq < ? AND (state = ${READY}) 
  UNION ALL SELECT seq FROM bananas_messages WHERE queue = ? AND seq < ? AND state > 0 AND (state = ${DELAYED} OR due_at <= ?)
  LIMIT ${PURGE_ROWS}) RETURNING seq, typeof(body) IN ('integer', 'real') AS apart`

/** What is overdue counts as ready: the next claim puts it into the line. */
export function countMessages(client: SqliteClient, queueName: string): QueueCounts {
  const queue = client.findQueue(queueName)
  if (queue === undefined) return { ready: 0, delayed: 0, leased: 0, dead: 0 }
  const now = client.now()
  const count = (sql: string, ...values: number[]): number =>
    (client.prepare(sql).get(queue, ...values) as { n: number }).n
  const timed =
    'SELECT count(*) AS n FROM bananas_messages INDEXED BY bananas_timed WHERE queue = ? AND state > 0'
  return {
    ready:
      count(
        `SELECT count(*) AS n FROM bananas_messages INDEXED BY bananas_ready WHERE queue = ? AND state = ${READY}`,
      ) + count(`${timed} AND due_at <= ?`, now),
    delayed: count(`${timed} AND due_at > ? AND state = ${DELAYED}`, now),
    leased: count(`${timed} AND due_at > ? AND state = ${LEASED}`, now),
    dead: count('SELECT count(*) AS n FROM bananas_dead WHERE queue = ?'),
  }
}

export function listQueues(client: SqliteClient): readonly string[] {
  const rows = client.prepare('SELECT name FROM bananas_queues').all() as { name: string }[]
  return rows.map(({ name }) => name).toSorted()
}

export function peekMessages(client: SqliteClient, queueName: string, limit: number): readonly Message[] {
  const queue = client.findQueue(queueName)
  if (queue === undefined || !(limit >= 1)) return []
  const rows = [
    ...client.prepare(IN_LINE).all(queue, limit),
    ...client.prepare(OVERDUE).all(queue, client.now(), limit),
  ] as StoredMessage[]
  const inOrder = rows.toSorted((a, b) => b.priority - a.priority || a.seq - b.seq)
  return inOrder.slice(0, limit).map((row) => toMessage(client, row))
}

/** Removes a bite of what waits and is older than `before`; returns how many. Inside a write only. */
export function purgeMessages(client: SqliteClient, queueName: string, before: number): number {
  const queue = client.findQueue(queueName)
  if (queue === undefined) return 0
  const rows = client.prepare(PURGE).all(queue, before, queue, before, client.now()) as {
    seq: number
    apart: number
  }[]
  for (const row of rows) if (row.apart === 1) dropBody(client, row.seq)
  return rows.length
}
