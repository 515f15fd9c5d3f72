import { Tenancy } from '@bananasjs/core/contract'
import type { SharedClient } from '@bananasjs/core/contract'
import { expect, test } from 'vitest'

interface Counted extends SharedClient {
  readonly calls: string[]
}

function counted(open: () => Promise<void> = async () => undefined): Counted {
  const calls: string[] = []
  return {
    calls,
    enter: () => void calls.push('enter'),
    open,
    leave: (entered) => void calls.push(`leave ${entered}`),
  }
}

test('a part enters once, whatever it opens, and leaves once', async () => {
  const client = counted()
  const tenancy = new Tenancy(client, 'shop', 'broker')
  await tenancy.open()
  await tenancy.open()
  tenancy.shut()
  await tenancy.leave()
  await tenancy.leave()
  expect(client.calls).toEqual(['enter', 'leave true', 'leave false'])
})

test('a part that never opened leaves without having entered', async () => {
  const client = counted()
  await new Tenancy(client, 'shop', 'channel').leave()
  expect(client.calls).toEqual(['leave false'])
})

test('what was shut is CLOSED, named by transport and part, also when it is shut while opening', async () => {
  const closed = { code: 'CLOSED', message: 'shop: this broker was closed. Make a new transport.' }
  const { promise, resolve } = Promise.withResolvers<void>()
  const tenancy = new Tenancy(
    counted(() => promise),
    'shop',
    'broker',
  )
  const opening = tenancy.open()
  tenancy.shut()
  resolve()
  await expect(opening).rejects.toMatchObject(closed)
  await expect(tenancy.open()).rejects.toMatchObject(closed)
  expect(tenancy.closed).toBe(true)
})
