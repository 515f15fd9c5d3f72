import type { Delivery, Headers, Message } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { bytesOf } from './sqlite-database.ts'
import type { SqliteValue } from './sqlite-database.ts'
import { DELAYED, LEASED, READY } from './sqlite-schema.ts'
import { formatReceipt } from './sqlite-receipt.ts'
import type { Receipt } from './sqlite-receipt.ts'

/** Above it the bytes lie apart: measured, at 10 kB a message is then leased and settled three times as fast. */
export const INLINE_BYTES = 1024
/** Most overdue messages that one claim puts back into the line. */
const PROMOTE_ROWS = 1000
/** Most bytes that one claim hands over, so that a thousand large messages do not fill the memory; at least one comes. */
const CLAIM_BYTES = 16 * 1024 * 1024

/** A message as the store takes it. */
export interface MessageRow {
  readonly message: Message
  readonly headers: string
}

/** The columns every reader selects. */
export interface StoredMessage {
  readonly seq: number
  readonly id: string
  readonly priority: number
  readonly group_key: string | null
  readonly headers: string
  readonly body: Uint8Array | number | null
  readonly deliveries: number
}

const INSERT = `INSERT INTO bananas_messages
  (seq, queue, priority, state, due_at, token, deliveries, id, group_key, headers, body) VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)`
const INSERT_BODY = 'INSERT INTO bananas_bodies (seq, body) VALUES (?, ?)'
const LINE = `SELECT seq, id, priority, group_key, headers, body, deliveries
  FROM bananas_messages INDEXED BY bananas_ready WHERE queue = ? AND state = ${READY} ORDER BY priority DESC, seq LIMIT ?`
const LEASE = `UPDATE bananas_messages SET state = ${LEASED}, due_at = ?, token = ?, deliveries = deliveries + 1 WHERE seq = ?`
const PROMOTE = `UPDATE bananas_messages SET state = ${READY}, token = 0 WHERE seq IN (
  SELECT seq FROM bananas_messages INDEXED BY bananas_timed WHERE queue = ? AND state > 0 AND due_at <= ? ORDER BY due_at LIMIT ${PROMOTE_ROWS})`
const NEXT = `SELECT CASE
  WHEN EXISTS (SELECT 1 FROM bananas_messages INDEXED BY bananas_ready WHERE queue = ? AND state = ${READY}) THEN 0
  ELSE (SELECT due_at FROM bananas_messages INDEXED BY bananas_timed WHERE queue = ? AND state > 0 ORDER BY due_at LIMIT 1) END AS due_at`

/** A receipt is good while its message is leased under its token and the lease has not ended. */
const FENCE = `seq = ? AND queue = ? AND token = ? AND state = ${LEASED} AND due_at > ?`
const ACK = `DELETE FROM bananas_messages WHERE ${FENCE}`
const RELEASE = `UPDATE bananas_messages SET state = ${READY}, token = 0, deliveries = deliveries - 1 WHERE ${FENCE}`
const RETRY = `UPDATE bananas_messages SET state = ?, due_at = ?, token = 0, headers = ? WHERE ${FENCE}`
const EXTEND = `UPDATE bananas_messages SET due_at = ? WHERE ${FENCE}`
const BURY = `INSERT INTO bananas_dead
  (letter, seq, queue, priority, deliveries, dead_at, reason, id, group_key, headers, body)
  SELECT ?, seq, queue, priority, deliveries, ?, ?, id, group_key, coalesce(?, headers), body FROM bananas_messages WHERE ${FENCE}`

/** The SQL of messages, as prepared statements; for the query plan tests, too. */
export const STATEMENTS: Readonly<Record<'line' | 'promote' | 'next', string>> = {
  line: LINE,
  promote: PROMOTE,
  next: NEXT,
}

/** Puts messages at the end of the line, or aside until their delay ends. Inside a write only. */
export function insertMessages(client: SqliteClient, queueName: string, rows: readonly MessageRow[]): void {
  const queue = client.queueId(queueName)
  const insert = client.prepare(INSERT)
  let seq = client.take(rows.length)
  for (const { message, headers } of rows) {
    const { body, delayMs } = message
    const apart = body.length > INLINE_BYTES
    if (apart) client.prepare(INSERT_BODY).run(seq, body)
    const state = delayMs > 0 ? DELAYED : READY
    const dueAt = delayMs > 0 ? client.after(delayMs) : 0
    insert.run(
      seq,
      queue,
      message.priority,
      state,
      dueAt,
      message.id,
      message.group ?? null,
      headers,
      apart ? body.length : body,
    )
    seq += 1
  }
}

/** When a claim could find something: 0 = now, Infinity = nothing is there at all, else epoch milliseconds. */
export function nextDue(client: SqliteClient, queueName: string): number {
  const queue = client.findQueue(queueName)
  if (queue === undefined) return Infinity
  const { due_at: dueAt } = client.prepare(NEXT).get(queue, queue) as { due_at: number | null }
  return dueAt ?? Infinity
}

/** Puts what is due back into the line, then leases its head. Inside a write only. */
export function claim(
  client: SqliteClient,
  queueName: string,
  max: number,
  leaseMs: number,
): readonly Delivery[] {
  const queue = client.findQueue(queueName)
  if (queue === undefined) return []
  client.prepare(PROMOTE).run(queue, client.now())
  const rows = client.prepare(LINE).all(queue, max) as StoredMessage[]
  if (rows.length === 0) return []
  const lease = client.prepare(LEASE)
  const token = client.take(1)
  const until = client.after(leaseMs)
  const deliveries: Delivery[] = []
  let bytes = 0
  for (const row of rows) {
    bytes += typeof row.body === 'number' ? row.body : INLINE_BYTES
    if (bytes > CLAIM_BYTES && deliveries.length > 0) break
    lease.run(until, token, row.seq)
    const receipt = formatReceipt({ seq: row.seq, token, apart: typeof row.body === 'number' })
    deliveries.push({ message: toMessage(client, row), receipt, deliveries: row.deliveries + 1 })
  }
  return deliveries
}

/** A receipt on its way to the store: whose queue, and by which time it must still be good. */
export interface Claimed extends Receipt {
  readonly queue: number
  readonly now: number
}

/** Each of these answers whether the receipt was good. Inside a write only. */
export function ack(client: SqliteClient, claimed: Claimed): boolean {
  if (client.prepare(ACK).run(claimed.seq, claimed.queue, claimed.token, claimed.now).changes === 0)
    return false
  if (claimed.apart) dropBody(client, claimed.seq)
  return true
}

export function release(client: SqliteClient, claimed: Claimed): boolean {
  return client.prepare(RELEASE).run(...fence(claimed)).changes === 1
}

export function retry(
  client: SqliteClient,
  claimed: Claimed,
  next: { delayMs: number; headers: Headers },
): boolean {
  const later = next.delayMs > 0
  const values = [
    later ? DELAYED : READY,
    later ? client.after(next.delayMs) : 0,
    JSON.stringify(next.headers),
  ]
  return client.prepare(RETRY).run(...values, ...fence(claimed)).changes === 1
}

export function extend(client: SqliteClient, claimed: Claimed, leaseMs: number): boolean {
  return client.prepare(EXTEND).run(client.after(leaseMs), ...fence(claimed)).changes === 1
}

export function bury(
  client: SqliteClient,
  claimed: Claimed,
  death: { reason: string; headers?: Headers | undefined },
): boolean {
  const headers = death.headers === undefined ? null : JSON.stringify(death.headers)
  const letter = client.take(1)
  if (client.prepare(BURY).run(letter, claimed.now, death.reason, headers, ...fence(claimed)).changes === 0)
    return false
  client.prepare('DELETE FROM bananas_messages WHERE seq = ?').run(claimed.seq)
  return true
}

export function dropBody(client: SqliteClient, seq: number): void {
  client.prepare('DELETE FROM bananas_bodies WHERE seq = ?').run(seq)
}

export function toMessage(client: SqliteClient, row: StoredMessage): Message {
  const { id, priority, group_key: group } = row
  const headers = JSON.parse(row.headers) as Headers
  const body = bodyOf(client, row)
  return group === null
    ? { id, headers, body, priority, delayMs: 0 }
    : { id, headers, body, priority, delayMs: 0, group }
}

function bodyOf(client: SqliteClient, row: StoredMessage): Uint8Array {
  if (typeof row.body !== 'number') return bytesOf(row.body)
  const stored = client.prepare('SELECT body FROM bananas_bodies WHERE seq = ?').get(row.seq) as {
    body: Uint8Array
  }
  return stored.body
}

function fence({ seq, queue, token, now }: Claimed): SqliteValue[] {
  return [seq, queue, token, now]
}
