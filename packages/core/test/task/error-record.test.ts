import { describe, expect, it } from 'vitest'
import { errorRecord, rebuildError } from '../../src/task/error-record.ts'

const cyclic = new Error('loop')
cyclic.cause = cyclic
const chain = Array.from({ length: 50 }).reduce<Error>(
  (cause, _, depth) => new Error(`level ${depth}`, { cause }),
  new Error('root'),
)

describe('errorRecord', () => {
  it.each([
    ['undefined', undefined, 'undefined'],
    ['a string', 'plain', '"plain"'],
    ['null', null, 'null'],
    ['a number', 42, '42'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
    ['a frozen error', Object.freeze(new Error('frozen')), 'frozen'],
    ['a cyclic error', cyclic, 'loop'],
    [
      'an object with throwing getters',
      {
        get message(): string {
          throw new Error('gotcha')
        },
      },
      '',
    ],
    [
      'a proxy that refuses everything',
      new Proxy(
        {},
        {
          get() {
            throw new Error('no')
          },
        },
      ),
      '',
    ],
    ['a message that is no string', { message: 5 }, ''],
  ])('turns %s into data', (_, thrown, message) => {
    const record = errorRecord(thrown)
    expect(record.message).toContain(message)
    expect(() => JSON.stringify(record)).not.toThrow()
  })

  it('cuts ten megabytes of message and fifty causes down to size', () => {
    expect(JSON.stringify(errorRecord(new Error('x'.repeat(10_000_000)))).length).toBeLessThan(20_000)
    expect(JSON.stringify(errorRecord(chain)).length).toBeLessThan(60_000)
  })

  it('rebuilds a plain Error with name, message, code and causes', () => {
    const thrown = Object.assign(new TypeError('outer', { cause: new RangeError('inner') }), {
      code: 'E_OUTER',
    })
    const error = rebuildError(errorRecord(thrown))
    expect(error).toMatchObject({
      name: 'TypeError',
      message: 'outer',
      code: 'E_OUTER',
      cause: { name: 'RangeError', message: 'inner' },
    })
    expect(error.constructor).toBe(Error)
  })
})
