import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queueNames, readName, readTags, safeId } from '../src/sqs-names.ts'

const prefix = fc.constantFrom('', 'bananas-', 'a_', 'x'.repeat(30))
const queue = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
  .filter((name) => Buffer.byteLength(name) <= 255 && name.isWellFormed())

test('every queue name becomes one that SQS can spell, with room for its dead letters', () => {
  fc.assert(
    fc.property(prefix, queue, fc.boolean(), (start, name, fifo) => {
      const { main, dead, tags } = queueNames(start, name, fifo)
      const pattern = fifo ? /^[\w-]{1,75}\.fifo$/ : /^[\w-]{1,80}$/
      expect(main).toMatch(pattern)
      expect(dead).toMatch(pattern)
      for (const value of Object.values(tags)) expect(value).toMatch(/^[\w-]{1,256}$/)
    }),
  )
})

test('every queue name is read back, from the name or from its tags; those of dead letters are not', () => {
  fc.assert(
    fc.property(prefix, queue, fc.boolean(), (start, name, fifo) => {
      const { main, dead, tags } = queueNames(start, name, fifo)
      const read = readName(start, main, fifo)
      expect(read === 'tagged' ? readTags(tags) : read?.queue).toBe(name)
      expect(readName(start, dead, fifo)).toBeUndefined()
      expect(readName(start, main, !fifo)).toBeUndefined()
    }),
  )
})

test('names that look alike stay apart', () => {
  const names = [
    'a',
    'A',
    'a_',
    '_a',
    'a_dlq',
    'a-dlq',
    '_5f',
    'a.fifo',
    'a b',
    'a%20b',
    'h',
    '_h',
    'café',
    'cafe\u0301',
  ]
  const all = names.flatMap((name) =>
    [true, false].flatMap((fifo) => {
      const { main, dead } = queueNames('bananas-', name, fifo)
      return [main, dead]
    }),
  )
  expect(new Set(all).size).toBe(all.length)
})

test('plain names are spelled as they are', () => {
  expect(queueNames('bananas-', 'images-2', false)).toEqual({
    main: 'bananas-images-2',
    dead: 'bananas-images-2_dlq',
    tags: {},
  })
  expect(queueNames('', 'images~high', true).main).toBe('images_7ehigh.fifo')
})

test('a queue of somebody else is none of ours', () => {
  for (const name of ['other-mail', 'bananas-a_zz', 'bananas-'])
    expect(readName('bananas-', name, false)).toBeUndefined()
})

test('ids for grouping and deduplication are spelled as SQS takes them, and never clash', () => {
  expect(safeId('0192f0c8-4c4d-7a5e-8f00-1234567890ab')).toBe('0192f0c8-4c4d-7a5e-8f00-1234567890ab')
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      expect(safeId(a)).toMatch(/^[!-~]{1,128}$/)
      expect(safeId(a) === safeId(b)).toBe(a === b)
    }),
  )
})
