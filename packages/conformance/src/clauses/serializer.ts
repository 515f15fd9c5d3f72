import assert from 'node:assert/strict'
import { QueueError } from '@bananasjs/core/contract'
import type { Serializer } from '@bananasjs/core/contract'
import { same, sameBytes, show } from '../checks.ts'
import { serializerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { encoded, encodedOrRefused, keeps, keepsOrRefuses, undecodable } from '../faithful.ts'

/** What every payload is made of. */
const RICH = {
  text: 'caf\u00e9 🍌 日本語',
  numbers: [0, 1, -1, 0.1, 1e21, -2.5e-7, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Number.MIN_VALUE],
  flags: [true, false, null],
  nested: { list: [[], [[]], {}, { deep: { deeper: ['value'] } }], empty: '' },
}

/** Texts that some encoding trips over. */
const TEXTS = [
  '',
  ' ',
  '\u0000',
  '\u001f\u007f',
  '"\\/\b\f\n\r\t',
  '\u2028\u2029',
  '\ufefftext',
  '\ud800',
  'a\udc00b',
  '\ud83c\udf4c',
  'undefined',
  'null',
  '__proto__',
]

const KEYS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON ',
  'length',
  '0',
  '-1',
  'a.b',
  '$ref',
  '🍌',
  '\ud800',
]

/** Kinds that many encodings turn into something else without a word. */
const KINDS: Readonly<Record<string, () => unknown>> = {
  'a BigInt': () => 12_345_678_901_234_567_890n,
  'a Date': () => new Date(1_700_000_000_000),
  'a Map': () => new Map([['key', 1]]),
  'a Set': () => new Set([1, 2]),
  'a Uint8Array': () => Uint8Array.of(1, 2, 255),
  'a Float64Array': () => Float64Array.of(0.5),
  'an ArrayBuffer': () => Uint8Array.of(1, 2).buffer,
  'an Error': () => new Error('broken'),
  'a RegExp': () => /banana+/gi,
  'a function': () => () => 1,
  'a symbol': () => Symbol('mine'),
}

export const SERIALIZER_CLAUSES: readonly Clause<Serializer>[] = [
  serializerClause('SER-1', 'the content type is a media type in lower case', ({ contentType }) => {
    assert.match(
      contentType,
      /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?:; ?[a-z0-9-]+=[^\s;]+)*$/,
    )
  }),
  serializerClause(
    'SER-2',
    'objects, lists, texts, numbers, booleans and null come back as they were',
    (serializer) => {
      for (const value of [RICH, [], {}, '', 'text', 0, 42, -1.5, true, false, null, [RICH, RICH]])
        keeps(serializer, value, 'a value')
    },
  ),
  serializerClause('SER-3', 'undefined alone comes back: many tasks take or return nothing', (serializer) => {
    keeps(serializer, undefined, 'undefined')
  }),
  serializerClause('SER-4', 'any text comes back, or is refused with INVALID', (serializer) => {
    for (const text of TEXTS) {
      keepsOrRefuses(serializer, text, 'a text')
      keepsOrRefuses(serializer, { inside: [text] }, 'a text inside')
    }
  }),
  serializerClause(
    'SER-5',
    'numbers that are none, or beyond all, come back or are refused with INVALID',
    (serializer) => {
      for (const number of [Number.NaN, Infinity, -Infinity, -0, 2 ** 53 + 2, 5e-324]) {
        keepsOrRefuses(serializer, number, 'a number')
        keepsOrRefuses(serializer, { inside: [number] }, 'a number inside')
      }
    },
  ),
  serializerClause(
    'SER-6',
    'keys of any spelling come back, and none of them touches a prototype',
    (serializer) => {
      const value = Object.fromEntries(KEYS.map((key, index) => [key, { at: index }]))
      keepsOrRefuses(serializer, value, 'an object with odd keys')
      keepsOrRefuses(serializer, { inside: [value] }, 'an object with odd keys inside')
      same(({} as Record<string, unknown>)['at'], undefined, 'a property of every object')
    },
  ),
  ...Object.entries(KINDS).map(([kind, make], index) =>
    serializerClause(
      `SER-${index + 7}`,
      `${kind} comes back as one, or as its toJSON, or is refused with INVALID`,
      (serializer) => {
        keepsOrRefuses(serializer, make(), kind)
        const [inside, listed] = [make(), make()]
        // Deeper down toJSON was already asked for by name above.
        if (typeof (Object(inside) as { toJSON?: unknown }).toJSON === 'function') return
        keepsOrRefuses(serializer, { inside }, `${kind} inside`)
        keepsOrRefuses(serializer, [listed], `${kind} in a list`)
      },
    ),
  ),
  serializerClause(
    'SER-18',
    'undefined in a list keeps its place, or is refused with INVALID',
    (serializer) => {
      keepsOrRefuses(serializer, [1, undefined, 3], 'undefined in a list')
      keepsOrRefuses(serializer, { inside: [undefined] }, 'undefined in a list inside')
    },
  ),
  serializerClause('SER-19', 'a cycle comes back as a cycle, or is refused with INVALID', (serializer) => {
    const loop: { self?: unknown; name: string } = { name: 'loop' }
    loop.self = loop
    const bytes = encodedOrRefused(serializer, loop, 'a cycle')
    if (bytes === undefined) return
    const back = serializer.decode(bytes) as typeof loop
    assert.ok(back.self === back && back.name === 'loop', `a cycle came back as ${show(back)}`)
  }),
  serializerClause(
    'SER-20',
    'a hundred levels come back; a hundred thousand do, or are refused with INVALID',
    (serializer) => {
      keeps(serializer, nest(100), 'a hundred levels')
      const bytes = encodedOrRefused(serializer, nest(100_000), 'a hundred thousand levels')
      if (bytes !== undefined) same(depth(serializer.decode(bytes)), 100_000, 'levels that came back')
    },
  ),
  serializerClause('SER-21', 'a refusal names what cannot be encoded', (serializer) => {
    for (const [kind, make] of Object.entries(KINDS)) {
      try {
        serializer.encode({ outer: { culprit: make() } })
      } catch (error) {
        assert.match(
          (error as Error).message,
          new RegExp(`culprit|${kind.slice(2).trim()}`, 'i'),
          `the refusal of ${kind}`,
        )
      }
    }
  }),
  serializerClause('SER-22', 'a value that fails while it is read is refused with INVALID', (serializer) => {
    const value = {
      get broken(): never {
        throw new Error('not today')
      },
    }
    const bytes = encodedOrRefused(serializer, value, 'a getter that throws')
    assert.equal(bytes, undefined, 'a getter that throws was encoded')
  }),
  serializerClause('SER-23', 'encode leaves its value, and earlier bytes, as they were', (serializer) => {
    const value = structuredClone(RICH)
    const first = encoded(serializer, deepFrozen(value), 'a frozen value')
    const copy = Uint8Array.from(first)
    for (let index = 0; index < 100; index += 1)
      encoded(serializer, { index, text: 'x'.repeat(index) }, 'another value')
    sameBytes(first, copy, 'bytes of an earlier encode')
    same(value, RICH, 'the value')
  }),
  serializerClause(
    'SER-24',
    'decode reads its own part of a larger buffer, and leaves it as it was',
    (serializer) => {
      const bytes = encoded(serializer, RICH, 'a value')
      const around = new Uint8Array(bytes.length + 64).fill(0x7b)
      around.set(bytes, 32)
      const before = Uint8Array.from(around)
      const view = around.subarray(32, 32 + bytes.length)
      same(serializer.decode(view), RICH, 'what a view decodes to')
      same(serializer.decode(Buffer.from(view)), RICH, 'what a Buffer decodes to')
      sameBytes(around, before, 'the buffer around')
    },
  ),
  serializerClause('SER-25', 'each decode makes a value of its own', (serializer) => {
    const bytes = encoded(serializer, { list: [1] }, 'a value')
    const first = serializer.decode(bytes) as { list: number[] }
    first.list.push(2)
    same(serializer.decode(bytes), { list: [1] }, 'the second value')
  }),
  serializerClause('SER-26', 'a body that was cut short is refused with UNDECODABLE', (serializer) => {
    const bytes = encoded(serializer, RICH, 'a value')
    for (let length = 1; length < bytes.length; length += 1 + Math.floor(bytes.length / 64))
      undecodable(serializer, bytes.subarray(0, length), `${length} of ${bytes.length} bytes`)
  }),
  serializerClause(
    'SER-27',
    'garbage decodes to something or is refused with UNDECODABLE, in no other way',
    (serializer) => {
      const bytes = encoded(serializer, RICH, 'a value')
      for (let seed = 1; seed <= 300; seed += 1) {
        const garbage = seed % 2 === 0 ? noise(seed) : damaged(bytes, seed)
        try {
          serializer.decode(garbage)
        } catch (error) {
          assert.ok(
            QueueError.is(error, 'UNDECODABLE'),
            `garbage ${Buffer.from(garbage).toString('hex')}: expected UNDECODABLE, got ${show(error)}`,
          )
        }
      }
    },
  ),
  serializerClause('SER-28', 'a megabyte of text and a list of ten thousand come back', (serializer) => {
    keeps(serializer, 'é🍌x'.repeat(150_000), 'a megabyte of text')
    keeps(
      serializer,
      Array.from({ length: 10_000 }, (_, index) => ({ index, name: `item ${index}` })),
      'a long list',
    )
  }),
]

function nest(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let left = levels; left > 0; left -= 1) value = { in: value }
  return value
}

function depth(value: unknown): number {
  let levels = 0
  for (let at = value; typeof at === 'object' && at !== null; at = (at as { in: unknown }).in) levels += 1
  return levels
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFrozen)
  return Object.freeze(value)
}

/** The same bytes for the same seed: a linear congruential generator, as in Numerical Recipes. */
function noise(seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length: 1 + (seed % 40) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

/** One byte of it flipped. */
function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[(seed * 7919) % copy.length]! ^= 1 << (seed % 8)
  return copy
}
