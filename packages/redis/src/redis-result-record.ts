import { QueueError } from '@bananasjs/core/contract'
import type { ResultRecord, ResultState } from '@bananasjs/core/contract'

export const MAX_VALUE_BYTES: number = 64 * 1024 * 1024
/** Id size 2 | state 1 | ttl 8 (double) | value size 4, before the id and the value. */
const FIXED = 15
const UTF8_BYTES = 3
const DOUBLE = 8

const LETTERS: Readonly<Record<ResultState, string>> = {
  queued: 'q',
  running: 'r',
  succeeded: 's',
  failed: 'f',
  cancelled: 'c',
  expired: 'e',
}
const STATES: ReadonlyMap<number, ResultState> = new Map(
  Object.entries(LETTERS).map(([state, letter]) => [letter.charCodeAt(0), state as ResultState]),
)

/** The batch as the script reads it. */
export function encodeResults(records: readonly ResultRecord[]): Buffer {
  let bound = 0
  for (const { id, value } of records) bound += FIXED + id.length * UTF8_BYTES + value.length
  const bytes = Buffer.allocUnsafe(bound)
  let at = 0
  for (const { id, state, ttlMs, value } of records) {
    const idSize = bytes.write(id, at + FIXED)
    bytes.writeUInt16BE(idSize, at)
    bytes.write(LETTERS[state], at + 2)
    bytes.writeDoubleBE(ttlMs, at + 3)
    bytes.writeUInt32BE(value.length, at + 11)
    bytes.set(value, at + FIXED + idSize)
    at += FIXED + idSize + value.length
  }
  return bytes.subarray(0, at)
}

/** What the server has of each id; `undefined` for what is not there, or no longer. @param now its time in epoch ms */
export function decodeResults(
  ids: readonly string[],
  values: readonly (Buffer | null)[],
  now: number,
): readonly (ResultRecord | undefined)[] {
  return values.map((stored, index) => {
    if (stored === null) return undefined
    const ttlMs = stored.readDoubleBE() - now
    const state = STATES.get(stored[DOUBLE]!)
    if (!(ttlMs > 0) || state === undefined) return undefined
    return { id: ids[index]!, state, value: stored.subarray(DOUBLE + 1), ttlMs }
  })
}

/** @throws QueueError INVALID */
export function checkTtl(ttlMs: number): void {
  if (!(ttlMs >= 0)) throw new QueueError('INVALID', `redis: ttlMs must be at least 0, not ${ttlMs}.`)
}

export function tooLarge(what: string, bytes: number): QueueError {
  return new QueueError(
    'TOO_LARGE',
    `${what} has ${bytes} bytes, redis takes ${MAX_VALUE_BYTES}. Store it elsewhere and keep a reference.`,
  )
}
