import { expect, it } from 'vitest'
import { eitherSignal } from '../../src/contract/index.ts'

it('aborts with whichever of the two comes first, and with its reason', () => {
  const own = new AbortController()
  const join = eitherSignal(own.signal)
  const theirs = new AbortController()
  const first = join(theirs.signal)
  theirs.abort('theirs')
  expect(first.reason).toBe('theirs')
  const second = join(new AbortController().signal)
  expect(second.aborted).toBe(false)
  own.abort('own')
  expect(second.reason).toBe('own')
  expect(join(new AbortController().signal).reason).toBe('own')
})

it('makes one signal for all who come again with the same, and none for who brings none', () => {
  const { signal } = new AbortController()
  const join = eitherSignal(signal)
  const theirs = new AbortController().signal
  expect(join(theirs)).toBe(join(theirs))
  expect(join(undefined)).toBe(signal)
})
