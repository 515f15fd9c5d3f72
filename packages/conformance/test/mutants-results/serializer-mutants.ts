import { jsonSerializer } from '@bananasjs/core'
import { QueueError } from '@bananasjs/core/contract'
import type { Serializer } from '@bananasjs/core/contract'

export interface SerializerMutant {
  readonly name: string
  readonly kills: readonly string[]
  readonly serializer: Serializer
}

const KINDS = [
  'SER-9',
  'SER-10',
  'SER-11',
  'SER-12',
  'SER-13',
  'SER-14',
  'SER-15',
  'SER-16',
  'SER-17',
  'SER-18',
]

/** JSON with one thing wrong. */
export const SERIALIZER_MUTANTS: readonly SerializerMutant[] = [
  mutant('names no media type', ['SER-1'], { contentType: 'JSON' }),
  mutant('rounds its numbers', ['SER-2', 'SER-5'], {
    encode: (value) => replaced(value, (one) => (typeof one === 'number' ? Math.fround(one) : one)),
  }),
  mutant('loses what is empty', ['SER-2'], {
    encode: (value) => replaced(value, (one) => (one === '' ? null : one)),
  }),
  mutant('refuses to say nothing', ['SER-3'], {
    encode(value) {
      if (value === undefined) throw new QueueError('INVALID', 'undefined is no JSON')
      return jsonSerializer.encode(value)
    },
  }),
  mutant('replaces what is no Unicode', ['SER-4'], {
    encode: (value) => replaced(value, (one) => (typeof one === 'string' ? one.toWellFormed() : one)),
  }),
  mutant('lets JSON drop what it cannot say', ['SER-5', ...KINDS], {
    encode: (value) => Buffer.from(JSON.stringify(value) ?? 'null'),
  }),
  mutant('builds objects by assignment', ['SER-6'], {
    decode: (bytes) => assigned(jsonSerializer.decode(bytes)),
  }),
  mutant('writes a BigInt as text', ['SER-7'], {
    encode: (value) => replaced(value, (one) => (typeof one === 'bigint' ? String(one) : one)),
  }),
  mutant('writes a Date as an empty object', ['SER-8'], {
    encode: (value) => jsonSerializer.encode(value instanceof Date ? {} : value),
  }),
  mutant('cuts cycles', ['SER-19'], { encode: (value) => encodeUncycled(value) }),
  mutant('throws what JSON throws', ['SER-7', 'SER-19', 'SER-22'], {
    encode: (value) => (value === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(value))),
  }),
  mutant('overflows its stack', ['SER-20'], {
    encode(value) {
      walk(value)
      return jsonSerializer.encode(value)
    },
  }),
  mutant('stops at the tenth level', ['SER-20'], {
    encode: (value) => jsonSerializer.encode(shallow(value, 10)),
  }),
  mutant('refuses without a reason', ['SER-21'], {
    encode(value) {
      try {
        return jsonSerializer.encode(value)
      } catch {
        throw new QueueError('INVALID', 'This cannot be encoded.')
      }
    },
  }),
  mutant('has one buffer for all it encodes', ['SER-23'], pooled()),
  mutant('writes into what it encodes', ['SER-23'], {
    encode(value) {
      if (typeof value === 'object' && value !== null) (value as { encodedAt?: number }).encodedAt = 0
      return jsonSerializer.encode(value)
    },
  }),
  mutant('decodes the whole buffer behind a view', ['SER-24'], {
    decode: (bytes) => jsonSerializer.decode(new Uint8Array(bytes.buffer)),
  }),
  mutant('decodes the same bytes to the same object', ['SER-25'], cached()),
  mutant('makes do with what is left of a body', ['SER-26'], {
    decode(bytes) {
      try {
        return jsonSerializer.decode(bytes)
      } catch {
        return null
      }
    },
  }),
  mutant('throws what JSON.parse throws', ['SER-26', 'SER-27'], {
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
  }),
  mutant('has 16 bits for a length', ['SER-28'], {
    encode(value) {
      const bytes = jsonSerializer.encode(value)
      if (bytes.length > 0xffff) throw new QueueError('INVALID', 'culprit: too long')
      return bytes
    },
  }),
]

function mutant(name: string, kills: readonly string[], change: Partial<Serializer>): SerializerMutant {
  return { name, kills, serializer: { ...jsonSerializer, ...change } }
}

function replaced(value: unknown, replace: (one: unknown) => unknown): Uint8Array {
  return value === undefined ? new Uint8Array(0) : jsonSerializer.encode(mapped(value, replace))
}

function mapped(value: unknown, replace: (one: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => mapped(one, replace))
  if (typeof value !== 'object' || value === null) return replace(value)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, replace)]))
}

function assigned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(assigned)
  if (typeof value !== 'object' || value === null) return value
  const object: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(value)) object[key] = assigned(one)
  return object
}

function encodeUncycled(value: unknown): Uint8Array {
  const seen = new Set<unknown>()
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (typeof one !== 'object' || one === null) return one
    if (seen.has(one)) return undefined
    seen.add(one)
    return one
  })
  return Buffer.from(text)
}

function walk(value: unknown): void {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
}

function shallow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || levels === 0)
    return typeof value === 'object' ? null : value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shallow(one, levels - 1)]))
}

function pooled(): Partial<Serializer> {
  const pool = Buffer.alloc(4096)
  return {
    encode(value) {
      const bytes = jsonSerializer.encode(value)
      pool.set(bytes)
      return pool.subarray(0, bytes.length)
    },
  }
}

function cached(): Partial<Serializer> {
  const known = new Map<string, unknown>()
  return {
    decode(bytes) {
      const key = Buffer.from(bytes).toString('latin1')
      if (!known.has(key)) known.set(key, jsonSerializer.decode(bytes))
      return known.get(key)
    },
  }
}
