import { race } from '@bananasjs/core/contract'
import { expect, test } from 'vitest'

test('work that ends first gives its outcome, with or without a signal', async () => {
  const { signal } = new AbortController()
  expect(await race(Promise.resolve(1), undefined)).toBe(1)
  expect(await race(Promise.resolve(2), signal)).toBe(2)
  await expect(race(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
})

test('an abort ends the wait with its own reason, also one that came before', async () => {
  const never = new Promise<never>(() => undefined)
  const controller = new AbortController()
  const waiting = race(never, controller.signal)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(race(never, controller.signal)).rejects.toThrow('enough')
})

test('work that fails after the abort is nobody’s unhandled rejection', async () => {
  const { promise, reject } = Promise.withResolvers<never>()
  await expect(race(promise, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  reject(new Error('too late'))
  await expect(promise).rejects.toThrow('too late')
})
