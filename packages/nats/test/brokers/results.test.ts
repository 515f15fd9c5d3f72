import { expect, test } from 'vitest'
import { admin, server, transportOn, until } from './fixtures.ts'

const MEMBERS = 10_000
const HOUR_MS = 3_600_000
const PATIENCE = { timeout: 120_000 }

test(
  'a join of ten thousand counts each member once, in far fewer writes than members',
  PATIENCE,
  async () => {
    const { url } = await server()
    const { api } = await admin(url)
    const backends = [1, 2, 3].map(() => transportOn(url).results)
    const members = Array.from({ length: MEMBERS }, (_, member) => member)
    // Every member is reported twice, by two clients at once.
    const counts = await Promise.all(
      members.flatMap((member) =>
        [member % 3, (member + 1) % 3].map((who) => backends[who]!.arrive('join', [member], HOUR_MS)),
      ),
    )
    expect(Math.max(...counts)).toBe(MEMBERS)
    expect(await backends[0]!.arrive('join', [0], HOUR_MS)).toBe(MEMBERS)
    const { state } = await api<{ state: { last_seq: number; messages: number } }>(
      'STREAM.INFO.KV_bananas-results',
    )
    expect(state.messages).toBe(1)
    expect(state.last_seq).toBeLessThan(MEMBERS / 10)
  },
)

test('what has ended is removed by the server, or else as others write', PATIENCE, async () => {
  const { url } = await server()
  const { api } = await admin(url)
  const { results } = transportOn(url)
  const value = Buffer.from('x')
  const put = (id: string, ttlMs: number): Promise<unknown> =>
    results.put([{ id, state: 'succeeded', value, ttlMs }])
  await Promise.all(Array.from({ length: 300 }, (_, index) => put(`short-${index}`, 1)))
  await put('long', HOUR_MS)
  let written = 0
  await until(
    'the short-lived are gone',
    async () => {
      written += 1
      await results.swap(`fact-${written % 5}`, null, value, HOUR_MS)
      await results.swap(`fact-${written % 5}`, value, null, HOUR_MS)
      const { state } = await api<{ state: { messages: number } }>('STREAM.INFO.KV_bananas-results')
      return state.messages < 20
    },
    90_000,
  )
  expect((await results.get(['long', 'short-1'])).map((record) => record?.id)).toEqual(['long', undefined])
})
