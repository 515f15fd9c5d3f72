import { asBuffer } from '../contract/as-buffer.ts'
import type { Serializer } from '../contract/serializer.ts'
import { QueueError } from '../errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * JSON as UTF-8; `undefined` is the empty body. Refuses what JSON would drop or change in silence: BigInt, functions,
 * symbols, NaN and infinities, undefined in lists, Map and Set, Error, RegExp, promises, ArrayBuffer, typed arrays, cycles.
 * `Date` and whatever has `toJSON` become what that returns, -0 becomes 0, and a property that is undefined is left out.
 */
export const jsonSerializer: Serializer = {
  contentType: 'application/json',
  encode(value) {
    if (value === undefined) return new Uint8Array(0)
    try {
      const text = isPlain(value) ? JSON.stringify(value) : JSON.stringify(value, refuseLossy)
      return Buffer.from(text)
    } catch (cause) {
      if (QueueError.is(cause)) throw cause
      throw new QueueError('INVALID', `The payload cannot be written as JSON: ${explain(cause)}`, { cause })
    }
  },
  decode(bytes) {
    if (bytes.length === 0) return undefined
    try {
      return JSON.parse(textOf(bytes))
    } catch (cause) {
      throw new QueueError('UNDECODABLE', `The body is not JSON (${bytes.length} bytes): ${explain(cause)}`, {
        cause,
      })
    }
  },
}

/** Buffer's decoder is several times as fast on short texts, but replaces bad bytes; then the strict one has the word. */
function textOf(bytes: Uint8Array): string {
  const text = asBuffer(bytes).toString()
  return text.includes('\ufffd') ? decoder.decode(bytes) : text
}

const PLAIN_KEYS = 32

/** A small flat object of strings, finite numbers, booleans and nulls needs no check by replacer, which costs ten times as much. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isPlainScalar(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype || 'toJSON' in value) return false
  let keys = 0
  for (const key in value) {
    if (++keys > PLAIN_KEYS || !isPlainScalar((value as Record<string, unknown>)[key])) return false
  }
  return true
}

function isPlainScalar(value: unknown): boolean {
  const type = typeof value
  return (
    type === 'string' || type === 'boolean' || value === null || (type === 'number' && Number.isFinite(value))
  )
}

function refuseLossy(this: unknown, key: string, value: unknown): unknown {
  const lossy = value === undefined && Array.isArray(this) ? 'undefined in a list' : lossyKind(value)
  if (lossy === undefined) return value
  throw new QueueError(
    'INVALID',
    `The payload cannot be written as JSON: ${key === '' ? 'it' : `"${key}"`} is ${lossy}. Convert it first, or plug in a serializer that keeps it.`,
  )
}

function lossyKind(value: unknown): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return 'a BigInt'
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'number':
      return Number.isFinite(value) ? undefined : String(value)
    case 'object':
      return lossyObject(value)
    default:
      return undefined
  }
}

function lossyObject(value: object | null): string | undefined {
  if (value instanceof Map) return 'a Map'
  if (value instanceof Set) return 'a Set'
  if (value instanceof Error) return 'an Error'
  if (value instanceof RegExp) return 'a RegExp'
  if (value instanceof Promise) return 'a promise (await it)'
  if (value instanceof ArrayBuffer) return 'an ArrayBuffer'
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`
  return undefined
}

function explain(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
