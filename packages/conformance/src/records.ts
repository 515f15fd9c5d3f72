import assert from 'node:assert/strict'
import type { ResultBackend, ResultRecord, ResultState } from '@bananasjs/core/contract'
import { noFailures, same, sameBytes } from './checks.ts'

export const FINAL_STATES: readonly ResultState[] = ['succeeded', 'failed', 'cancelled', 'expired']
export const STATES: readonly ResultState[] = ['queued', 'running', ...FINAL_STATES]

/** Outlives any clause. */
export const HOUR_MS = 3_600_000

/** Every byte there is, and what is no UTF-8. */
export const ALL_BYTES: Uint8Array = Uint8Array.from({ length: 512 }, (_, index) =>
  index < 256 ? index : 511 - index,
)

/** A record that outlives the clause; `value` may be text. */
export function record(id: string, state: ResultState, value: string | Uint8Array = state): ResultRecord {
  return { id, state, value: bytes(value), ttlMs: HOUR_MS }
}

export function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value
}

/** Puts these, of which none may fail. */
export async function putAll(results: ResultBackend, ...records: readonly ResultRecord[]): Promise<void> {
  noFailures(await results.put(records), 'put')
}

/** The one record of an id. */
export async function recordOf(results: ResultBackend, id: string): Promise<ResultRecord | undefined> {
  const records = await results.get([id])
  same(records.length, 1, 'records for one id')
  return records[0]
}

/** What is stored is this record, in state and bytes. */
export function sameRecord(actual: ResultRecord | undefined, expected: ResultRecord, what: string): void {
  assert.ok(actual !== undefined, `${what}: expected a record in state ${expected.state}, got none`)
  same({ id: actual.id, state: actual.state }, { id: expected.id, state: expected.state }, what)
  sameBytes(actual.value, expected.value, `the value of ${what}`)
}

/** `null` or these bytes, as `swap` answers. */
export function sameFact(
  actual: Uint8Array | null,
  expected: string | Uint8Array | null,
  what: string,
): void {
  if (expected === null) same(actual, null, what)
  else sameBytes(actual, bytes(expected), what)
}
