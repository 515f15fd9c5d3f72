import { QueueError } from '@bananasjs/core/contract'
import type { Message } from '@bananasjs/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeElement, decodeElements, encodeRecords } from '../src/redis-element.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const message: fc.Arbitrary<Message> = fc
  .record(
    {
      id: text.filter((id) => id !== ''),
      headers: fc.dictionary(text, text),
      body: fc.uint8Array({ maxLength: 300 }),
      priority: fc.integer({ min: 0, max: 100 }),
      delayMs: fc.constant(0),
      group: text,
    },
    { requiredKeys: ['id', 'headers', 'body', 'priority', 'delayMs'] },
  )
  .filter(({ id, group }) => id.isWellFormed() && (group?.isWellFormed() ?? true))

describe('a message as bytes', () => {
  test('comes back as it went in, whatever its names and bytes', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
        const decoded = elementsOf(encodeRecords(messages.map(draft))).map(decodeElement)
        for (const [index, element] of decoded.entries()) {
          if (element instanceof QueueError) throw element
          const { headers, body, ...rest } = element.message
          const sent = messages[index]!
          expect({ ...rest, deliveries: element.deliveries }).toEqual({
            id: sent.id,
            priority: sent.priority,
            delayMs: 0,
            deliveries: 0,
            ...(sent.group === undefined ? undefined : { group: sent.group }),
          })
          expect(Object.entries(headers)).toEqual(Object.entries(sent.headers))
          expect(Buffer.compare(body, sent.body)).toBe(0)
        }
      }),
    )
  })

  test('keeps a header named __proto__ a header', () => {
    const headers = JSON.parse('{"__proto__":"own"}') as Record<string, string>
    const [bytes] = elementsOf(
      encodeRecords([draft({ id: 'x', headers, body: Buffer.from('1'), priority: 50, delayMs: 0 })]),
    )
    const element = decodeElement(bytes!)
    if (element instanceof QueueError) throw element
    expect(Object.entries(element.message.headers)).toEqual([['__proto__', 'own']])
  })

  test('that nobody here wrote is UNDECODABLE, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const element = decodeElement(Buffer.from(bytes))
        if (element instanceof QueueError) expect(element.code).toBe('UNDECODABLE')
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['nothing', ''],
    ['text', 'LPUSHed by hand'],
    ['JSON', '{"id":1}'],
  ])('%s says what it starts with and what to look for', (_, bytes) => {
    const element = decodeElement(Buffer.from(bytes))
    expect(element).toMatchObject({
      code: 'UNDECODABLE',
      message: expect.stringContaining(JSON.stringify(bytes)) as string,
    })
  })

  test('a batch is cut where the sizes say', () => {
    const messages = ['a', 'bb', 'ccc'].map((id) =>
      draft({ id, headers: {}, body: Buffer.from(id), priority: 50, delayMs: 0 }),
    )
    const elements = elementsOf(encodeRecords(messages))
    const sizes = Buffer.alloc(12)
    for (const [index, { length }] of elements.entries()) sizes.writeUInt32BE(length, index * 4)
    const decoded = decodeElements(Buffer.concat([sizes, ...elements]), 3)
    expect(decoded.map((element) => (element as { message: Message }).message.id)).toEqual(['a', 'bb', 'ccc'])
  })
})

function draft(one: Message): { readonly message: Message; readonly headers: string } {
  return { message: one, headers: JSON.stringify(one.headers) }
}

/** Takes delay (8) and size (4) off each record. */
function elementsOf(records: Buffer): readonly Buffer[] {
  const elements: Buffer[] = []
  for (let at = 0; at < records.length;) {
    const end = at + 12 + records.readUInt32BE(at + 8)
    elements.push(records.subarray(at + 12, end))
    at = end
  }
  return elements
}
