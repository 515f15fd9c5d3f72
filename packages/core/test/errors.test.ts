import { describe, expect, it } from 'vitest'
import { QueueError } from '../src/errors.ts'

describe('QueueError', () => {
  it('is told apart by brand, also from another copy of the package', async () => {
    const copy = '../src/errors.ts?copy'
    const other = (await import(copy)) as { QueueError: typeof QueueError }
    const foreign = new other.QueueError('CONFLICT', 'x')
    expect(foreign instanceof QueueError).toBe(false)
    expect(QueueError.is(foreign)).toBe(true)
    expect(QueueError.is(foreign, 'CONFLICT')).toBe(true)
    expect(QueueError.is(foreign, 'INVALID')).toBe(false)
  })

  it.each([[undefined], [null], ['CONFLICT'], [new Error('x')], [{ code: 'CONFLICT' }]])(
    'is not %s',
    (value) => {
      expect(QueueError.is(value)).toBe(false)
    },
  )

  it('says whether the same call may succeed later', () => {
    expect(new QueueError('CONNECTION_LOST', 'x').retryable).toBe(true)
    expect(new QueueError('INVALID', 'x').retryable).toBe(false)
    expect(new QueueError('INVALID', 'x', { retryable: true, cause: 'c' })).toMatchObject({
      retryable: true,
      cause: 'c',
    })
  })
})
