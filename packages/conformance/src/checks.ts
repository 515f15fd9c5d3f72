import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { QueueError } from '@bananasjs/core/contract'
import type { Failure, Headers, QueueErrorCode } from '@bananasjs/core/contract'

/** Thrown when this machine was too slow for the clause to tell anything; the run tries again. */
export class Inconclusive extends Error {}

export function same(actual: unknown, expected: unknown, what: string): void {
  try {
    assert.deepEqual(actual, expected)
  } catch {
    assert.fail(`${what}: expected ${show(expected)}, got ${show(actual)}`)
  }
}

export function sameBytes(actual: unknown, expected: Uint8Array, what: string): void {
  assert.ok(actual instanceof Uint8Array, `${what}: expected a Uint8Array, got ${show(actual)}`)
  assert.ok(
    Buffer.compare(actual, expected) === 0,
    `${what}: expected ${show(Buffer.from(expected))}, got ${show(Buffer.from(actual))}`,
  )
}

/** By own entries: a broker may build the object as it likes. */
export function sameHeaders(actual: Headers, expected: Headers, what: string): void {
  same(Object.entries(actual).toSorted(byName), Object.entries(expected).toSorted(byName), what)
}

/** The batch went well as a whole. */
export function noFailures(failures: readonly Failure[], what: string): void {
  assert.ok(Array.isArray(failures), `${what}: expected an array of failures, got ${show(failures)}`)
  same(failures.map(brief), [], `failures of ${what}`)
}

/** Exactly these positions failed, with these codes. */
export function failsWith(
  failures: readonly Failure[],
  expected: Readonly<Record<number, QueueErrorCode>>,
  what: string,
): void {
  for (const { error } of failures)
    assert.ok(QueueError.is(error), `${what}: a failure's error is no QueueError but ${show(error)}`)
  const actual = Object.fromEntries(failures.map(({ index, error }) => [index, error.code]))
  same(actual, { ...expected }, `failures of ${what}`)
}

/** Rejects (rather than throws) with a QueueError of this code. */
export async function rejectsWith(
  act: () => Promise<unknown>,
  code: QueueErrorCode,
  what: string,
): Promise<void> {
  const error = await rejection(act, what)
  assert.ok(QueueError.is(error, code), `${what}: expected a rejection with ${code}, got ${show(error)}`)
}

/** Rejects with this very value. */
export async function rejectsWithReason(
  act: () => Promise<unknown>,
  reason: unknown,
  what: string,
): Promise<void> {
  const error = await rejection(act, what)
  assert.ok(error === reason, `${what}: expected signal.reason itself, got ${show(error)}`)
}

async function rejection(act: () => Promise<unknown>, what: string): Promise<unknown> {
  let promise: Promise<unknown>
  try {
    promise = act()
  } catch (error) {
    assert.fail(`${what}: expected a rejected promise, but it threw ${show(error)}`)
  }
  try {
    const value = await promise
    assert.fail(`${what}: expected a rejection, but it resolved with ${show(value)}`)
  } catch (error) {
    return error
  }
}

export function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 12, maxStringLength: 120 })
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1
}

function brief({ index, error }: Failure): string {
  return `${index}: ${error?.code} ${error?.message}`
}
