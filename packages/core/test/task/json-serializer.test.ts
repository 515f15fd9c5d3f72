import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { QueueError } from '../../src/errors.ts'
import { jsonSerializer } from '../../src/task/json-serializer.ts'

describe('jsonSerializer', () => {
  it('brings back every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(jsonSerializer.decode(jsonSerializer.encode(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('writes undefined as the empty body', () => {
    expect(jsonSerializer.encode(undefined)).toHaveLength(0)
    expect(jsonSerializer.decode(new Uint8Array(0))).toBeUndefined()
  })

  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
  it.each([
    ['a BigInt', { n: 1n }],
    ['a BigInt by itself', 1n],
    ['NaN', { n: NaN }],
    ['an infinity', [Infinity]],
    ['a Map', new Map([[1, 2]])],
    ['a Set inside', { inner: { set: new Set() } }],
    ['bytes', { bytes: new Uint8Array(3) }],
    ['a function', { run: () => 1 }],
    ['a symbol', { s: Symbol('x') }],
    ['a cycle', cyclic],
    ['a value nested 100,000 deep', deep],
    [
      'a getter that throws',
      {
        get bad(): string {
          throw new Error('no')
        },
      },
    ],
  ])('refuses %s as INVALID', (_, value) => {
    expect(codeOf(() => jsonSerializer.encode(value))).toBe('INVALID')
  })

  it('names the culprit', () => {
    expect(() => jsonSerializer.encode({ user: { id: 10n } })).toThrow(/"id" is a BigInt/)
  })

  it.each([
    ['half a document', '{"a":'],
    ['nothing of the kind', 'hello'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('refuses to read %s as UNDECODABLE', (_, bytes) => {
    expect(codeOf(() => jsonSerializer.decode(typeof bytes === 'string' ? Buffer.from(bytes) : bytes))).toBe(
      'UNDECODABLE',
    )
  })

  it('keeps a key "__proto__" a key', () => {
    const decoded = jsonSerializer.decode(Buffer.from('{"__proto__":{"admin":true}}')) as object
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
    expect(Object.keys(decoded)).toEqual(['__proto__'])
  })
})

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    return QueueError.is(error) ? error.code : String(error)
  }
  return undefined
}
