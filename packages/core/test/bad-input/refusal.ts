import { QueueError } from '../../src/index.ts'

/** How a call was refused: `CODE: message`. Fails for a call that went through, and for any error that is no QueueError. */
export async function refusal(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    if (QueueError.is(error)) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('the call was not refused')
}

/** The same text twice to the eye, and not to a computer. */
export const TWINS = ['caf\u00e9', 'cafe\u0301'] as const

/** Names that something between here and a broker might trip over; all of them are valid Unicode. */
export const HOSTILE_NAMES: readonly (readonly [what: string, name: string])[] = [
  ['one dot', '.'],
  ['two dots', '..'],
  ['a path upward', '../../etc/passwd'],
  ['slashes', '/a//b/'],
  ['a backslash', 'a\\b'],
  ['a star', '*'],
  ['a greater-than sign', 'a.>'],
  ['braces', '{}'],
  ['a hash tag', '{a}b{c}'],
  ['colons', ':a::b:'],
  ['spaces at both ends', ' a b '],
  ['a leading dash', '-rf'],
  ['a percent sign', '%00%2e'],
  ['quotes', `"'\``],
  ['SQL', `'; DROP TABLE messages; --`],
  ['an underscore and a percent sign', '_%'],
  ['an emoji', '🍌'],
  ['a family of emoji', '👩‍👩‍👧‍👦'],
  ['a right-to-left override', 'a\u202eb'],
  ['a zero-width space', 'a\u200bb'],
  ['composed letters', TWINS[0]],
  ['decomposed letters', TWINS[1]],
  ['a prototype', '__proto__'],
  ['a constructor', 'constructor'],
  ['a method of every object', 'toString'],
  ['200 characters', 'n'.repeat(200)],
]

/** What only plain JavaScript can pass where text is wanted. */
export const NO_TEXT: readonly (readonly [what: string, value: unknown])[] = [
  ['null', null],
  ['a number', 5],
  ['NaN', NaN],
  ['a BigInt', 5n],
  ['a symbol', Symbol('x')],
  ['an object', {}],
  ['a list', ['a']],
  ['a function', () => 'a'],
  [
    'an object that throws',
    {
      toString: () => {
        throw new Error('no')
      },
    },
  ],
]
