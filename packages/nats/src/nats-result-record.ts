import { QueueError } from '@bananasjs/core/contract'
import type { ResultRecord, ResultState } from '@bananasjs/core/contract'
import type { Cell } from './nats-bucket.ts'

const STATES: readonly ResultState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired']

/** The state as one byte, then the value. */
export function encodeResult({ state, value }: ResultRecord): Uint8Array {
  const bytes = new Uint8Array(1 + value.length)
  bytes[0] = STATES.indexOf(state)
  bytes.set(value, 1)
  return bytes
}

export function decodeResult(id: string, { value, ttlMs }: Cell): ResultRecord | undefined {
  const state = STATES[value?.[0] ?? -1]
  return value === undefined || state === undefined
    ? undefined
    : { id, state, value: value.subarray(1), ttlMs }
}

/** @throws QueueError INVALID */
export function checkTtl(ttlMs: number): void {
  if (!(ttlMs > 0)) throw new QueueError('INVALID', `nats: ttlMs must be above 0, not ${ttlMs}.`)
}

export function tooLarge(what: string, bytes: number, most: number): QueueError {
  return new QueueError(
    'TOO_LARGE',
    `${what} has ${bytes} bytes, this nats takes ${most}. Store it elsewhere and return a reference.`,
  )
}
