import { QueueError } from '@bananasjs/core/contract'
import type { Message } from '@bananasjs/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from '../src/sqs-envelope.ts'
import type { Envelope } from '../src/sqs-envelope.ts'

const LIMIT = 1024 * 1024
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }))
const message: fc.Arbitrary<Message> = fc.record(
  {
    id: text.filter((id) => id !== ''),
    headers: fc.dictionary(text, text),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      text.map((value) => new Uint8Array(Buffer.from(value))),
    ),
    priority: fc.integer({ min: 0, max: 100 }),
    delayMs: fc.constant(0),
    group: text,
  },
  { requiredKeys: ['id', 'headers', 'body', 'priority', 'delayMs'] },
)
const envelope: fc.Arbitrary<Envelope> = fc.record({ message, deliveries: fc.nat({ max: 50 }) })

describe('a message in its envelope', () => {
  test.each([
    ['as it is', LIMIT],
    ['packed, where a limit leaves no room for escapes', 1],
  ])('comes back as it went in, %s', (_, limit) => {
    fc.assert(
      fc.property(envelope, (sent) => {
        const { message: got, deliveries } = decoded(encodeEnvelope(sent, limit))
        const { body, headers, ...rest } = got
        const { body: sentBody, headers: sentHeaders, ...sentRest } = sent.message
        expect({ ...rest, deliveries }).toEqual({ ...sentRest, deliveries: sent.deliveries })
        expect(Object.entries(headers)).toEqual(Object.entries(sentHeaders))
        expect(Buffer.compare(body, sentBody)).toBe(0)
      }),
    )
  })

  test('is text of XML 1.0 without line ends that XML would change, whatever is in it', () => {
    fc.assert(
      fc.property(envelope, fc.constantFrom(1, LIMIT), (sent, limit) => {
        expect(encodeEnvelope(sent, limit)).toMatch(/^[\t\n\x20-\ud7ff\ue000-\ufffd]*$/)
      }),
    )
  })

  test('shows a JSON body as it is, so that people can read it in the console of AWS', () => {
    const body = Buffer.from('{"name":"Ada","town":"Łódź"}')
    const sent = { id: 'x', headers: { a: 'b' }, body, priority: 50, delayMs: 0 }
    expect(encodeEnvelope({ message: sent, deliveries: 0 }, LIMIT)).toBe(
      '{"bananas":1,"id":"x","priority":50,"headers":{"a":"b"}}\n{"name":"Ada","town":"Łódź"}',
    )
  })

  test('keeps a header named __proto__ a header, and a body that begins with a byte order mark', () => {
    const headers = JSON.parse('{"__proto__":"own"}') as Record<string, string>
    const body = Buffer.from('\ufeffhello\nworld')
    const sent = { id: 'x', headers, body, priority: 50, delayMs: 0 }
    const { message: got } = decoded(encodeEnvelope({ message: sent, deliveries: 0 }, LIMIT))
    expect(Object.entries(got.headers)).toEqual([['__proto__', 'own']])
    expect(String(got.body)).toBe(String(body))
  })

  test.each([
    ['nothing', ''],
    ['text', 'sent by hand'],
    ['JSON of others', '{"Records":[{"eventSource":"aws:s3"}]}'],
    ['a line of JSON that is no object', '1\nbody'],
    ['an envelope of a later version', '{"bananas":2,"id":"x","headers":{}}\n1'],
    ['an envelope without an id', '{"bananas":1,"headers":{}}\n1'],
    ['something packed that is nothing', '{"bananas":1,"as":"packed"}\nAAAA'],
  ])('%s is UNDECODABLE, never a throw', (_, body) => {
    expect(decodeEnvelope(body)).toMatchObject({ code: 'UNDECODABLE' })
  })

  test('what anybody sends is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.json(),
          fc.json().map((line) => `${line}\nbody`),
        ),
        (body) => {
          const found = decodeEnvelope(body)
          if (found instanceof QueueError) expect(found.code).toBe('UNDECODABLE')
        },
      ),
    )
  })
})

function decoded(body: string): Envelope {
  const found = decodeEnvelope(body)
  if (found instanceof QueueError) throw found
  return found
}
