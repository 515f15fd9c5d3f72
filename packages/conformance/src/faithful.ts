import assert from 'node:assert/strict'
import { QueueError } from '@bananasjs/core/contract'
import type { Serializer } from '@bananasjs/core/contract'
import { show } from './checks.ts'

/** What comes out is what went in: of the same kind, with the same entries in it. */
export function keeps(serializer: Serializer, value: unknown, what: string): void {
  const back = serializer.decode(encoded(serializer, value, what))
  assert.ok(alike(value, back), `${what}: ${show(value)} came back as ${show(back)}`)
}

/** Comes out as it went in, or as `toJSON` says, or is refused with INVALID; nothing between. */
export function keepsOrRefuses(serializer: Serializer, value: unknown, what: string): void {
  const bytes = encodedOrRefused(serializer, value, what)
  if (bytes === undefined) return
  const back = serializer.decode(bytes)
  const told = Object(value) as { toJSON?: () => unknown }
  if (typeof told.toJSON === 'function' && alike(told.toJSON(), back)) return
  assert.ok(
    alike(value, back),
    `${what}: ${show(value)} came back as ${show(back)}, it had to be kept or refused`,
  )
}

/** `undefined` when it was refused as it should be. */
export function encodedOrRefused(
  serializer: Serializer,
  value: unknown,
  what: string,
): Uint8Array | undefined {
  try {
    return encoded(serializer, value, what)
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assert.ok(QueueError.is(error, 'INVALID'), `${what}: expected INVALID, got ${show(error)}`)
    return undefined
  }
}

export function encoded(serializer: Serializer, value: unknown, what: string): Uint8Array {
  const bytes = serializer.encode(value)
  assert.ok(bytes instanceof Uint8Array, `${what}: encode returned ${show(bytes)}, no Uint8Array`)
  return bytes
}

/** Decoding is refused with UNDECODABLE. */
export function undecodable(serializer: Serializer, bytes: Uint8Array, what: string): void {
  let value: unknown
  try {
    value = serializer.decode(bytes)
  } catch (error) {
    assert.ok(QueueError.is(error, 'UNDECODABLE'), `${what}: expected UNDECODABLE, got ${show(error)}`)
    return
  }
  assert.fail(`${what}: expected UNDECODABLE, got ${show(value)}`)
}

/** As `assert.deepEqual` (strict) has it, but for -0, which counts as 0, and properties that are undefined, which count as absent. */
function alike(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(canonical(b), canonical(a))
    return true
  } catch {
    return false
  }
}

function canonical(value: unknown): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return Buffer.isBuffer(value) ? new Uint8Array(value) : value
  // As entries, so that a property named __proto__ is compared like any other.
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return new Map(entries.map(([key, one]) => [key, canonical(one)]))
}
