import type { Message } from '@bananasjs/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode, lineReader } from '../src/nats-message.ts'

const HEADERS = { 'bananas-task': 'resize', 'x-tenant': 'größe "5"' }

function message(id: string, more: Partial<Message> = {}): Message {
  return { id, headers: HEADERS, body: Buffer.from('{}'), priority: 50, delayMs: 0, ...more }
}

function stored(line: string): Buffer {
  return Buffer.from(`${line}\n{}`)
}

describe('messages that differ in nothing but their id', () => {
  test('share their headers, which nobody can change', () => {
    const read = lineReader()
    const [first, second] = ['a', 'b'].map((id) => decode(encode(message(id)), read))
    expect(first).toMatchObject({ message: { id: 'a', headers: HEADERS } })
    expect(second).toMatchObject({ message: { id: 'b', headers: HEADERS } })
    const headersOf = (one: unknown): object => (one as { message: Message }).message.headers
    expect(headersOf(second)).toBe(headersOf(first))
    expect(Object.isFrozen(headersOf(first))).toBe(true)
  })

  test('are read as they are one by one, whatever comes before', () => {
    const any = fc.record({
      id: fc.oneof(
        fc.constantFrom('a', 'b"', '"', '\\', 'a\\"b', '","headers":{}'),
        fc.string({ minLength: 1 }),
      ),
      headers: fc.constantFrom<Message['headers']>({}, HEADERS, { 'bananas-task': 'a', id: '"' }),
      priority: fc.constantFrom(0, 50, 100),
      facts: fc.constantFrom({}, { deliveries: 2 }, { delayMs: 5, reason: 'x' }),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (all) => {
        const read = lineReader()
        for (const { id, headers, priority, facts } of all) {
          const data = encode(message(id, { headers, priority }), facts)
          expect(decode(data, read)).toEqual(decode(data))
        }
      }),
    )
  })

  test('are told from lines that only look alike', () => {
    const read = lineReader()
    const lines = [
      '{"headers":{},"id":"real"}',
      '{"headers":{},"id":"real"}',
      String.raw`{"id":"a\"b","headers":{}}`,
      '{"id":"x"b","headers":{}}',
      '{"id":"',
      '{"id":7}',
      'no JSON',
    ]
    const read1 = (line: string): unknown => {
      const one = decode(stored(line), read)
      return 'message' in one && typeof one.message === 'object' ? one.message.id : one
    }
    const [first, second, third, ...rest] = lines.map(read1)
    expect([first, second, third]).toEqual(['real', 'real', 'a"b'])
    for (const one of rest) expect(one).toMatchObject({ code: 'UNDECODABLE' })
  })
})
