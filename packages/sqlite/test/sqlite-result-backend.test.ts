import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { message, transportOn } from './fixtures.ts'
import { temporaryFile } from './temporary-file.ts'

const value = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a result stored by another connection ends a watch', async () => {
  const path = temporaryFile()
  const [here, there] = [transportOn(path), transportOn(path)]
  const watch = here.results.watch!(['a', 'b'])[Symbol.asyncIterator]()
  const first = watch.next()
  await there.results.put([{ id: 'b', state: 'succeeded', value: value('two'), ttlMs: 10_000 }])
  expect((await first).value).toMatchObject({ id: 'b', state: 'succeeded' })
  const second = watch.next()
  await there.results.put([{ id: 'a', state: 'failed', value: value('one'), ttlMs: 10_000 }])
  expect((await second).value).toMatchObject({ id: 'a', state: 'failed' })
  expect((await watch.next()).done).toBe(true)
})

test('closing the results ends a watch with CLOSED while the broker goes on', async () => {
  const { broker, results } = transportOn(temporaryFile())
  await broker.open()
  const watch = results.watch!(['never'])[Symbol.asyncIterator]()
  const next = watch.next()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await results.close()
  await expect(next).rejects.toMatchObject({ code: 'CLOSED' })
  expect(await broker.queues!()).toEqual([])
})

test('ten thousand arrivals count once each, in any order and twice', { timeout: 20_000 }, async () => {
  const { results } = transportOn({ path: temporaryFile(), synchronous: 'NORMAL' })
  const positions = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_000)
  await Promise.all(positions.map((position) => results.arrive('join', [position], 60_000)))
  expect(await results.arrive('join', positions, 60_000)).toBe(10_000)
  expect(await results.arrive('join', [2 ** 20], 60_000)).toBe(10_001)
})

test('what has expired is swept beside other writes', async () => {
  let now = 1_000_000
  const { results, client } = transportOn({ path: temporaryFile(), now: () => now })
  await results.put([{ id: 'old', state: 'succeeded', value: value('x'), ttlMs: 1000 }])
  await results.swap('key', null, value('x'), 1000)
  await results.arrive('join', [1], 1000)
  now += 1001
  expect(await results.get(['old'])).toEqual([undefined])
  expect(await results.swap('key', null, null, 0)).toBeNull()
  const rows = (): unknown =>
    client
      .prepare(
        'SELECT (SELECT count(*) FROM bananas_results) + (SELECT count(*) FROM bananas_facts) + (SELECT count(*) FROM bananas_arrivals) AS n',
      )
      .get()
  await expect.poll(rows, { timeout: 20_000 }).toEqual({ n: 0 })
})

test('no bytes at all are a value too, in every table', async () => {
  const { broker, results, channel } = transportOn(temporaryFile())
  const none = new Uint8Array(0)
  await results.put([{ id: 'empty', state: 'succeeded', value: none, ttlMs: 10_000 }])
  expect((await results.get(['empty']))[0]!.value).toEqual(none)
  expect(await results.swap('empty', null, none, 10_000)).toEqual(none)
  expect(await results.swap('empty', null, null, 0)).toEqual(none)
  expect(await results.swap('empty', none, null, 0)).toBeNull()
  const subscription = await channel.listen(['empty'])
  await channel.broadcast('empty', none)
  for await (const { payload } of subscription) {
    expect(payload).toEqual(none)
    break
  }
  await broker.publish('empty', [message({ body: none })])
  expect((await broker.peek!('empty', 1))[0]!.body).toEqual(none)
})

test.each([
  ['plain', (n: number) => `id-${n}`],
  ['with quotes, emoji and line breaks', (n: number) => `"${n}"\n🍌 \\`],
  ['with a NUL', (n: number) => `\0${n}`],
  ['with half a surrogate pair', (n: number) => `\ud83c${n}`],
])('many results are read at once and in the order asked for: ids %s', async (_, idOf) => {
  const { results } = transportOn(temporaryFile())
  const records = Array.from({ length: 40 }, (_record, n) => ({
    id: idOf(n),
    state: 'succeeded' as const,
    value: Buffer.from(String(n)),
    ttlMs: n === 7 ? 1 : 60_000,
  }))
  await results.put(records)
  await sleep(20)
  const asked = [39, 3, 3, 41, 7, ...Array.from({ length: 20 }, (_number, n) => n + 10)]
  const found = await results.get(asked.map(idOf))
  expect(found.map((record) => record && Buffer.from(record.value).toString())).toEqual(
    asked.map((n) => (n === 41 || n === 7 ? undefined : String(n))),
  )
  expect(found.map((record) => record?.id)).toEqual(
    asked.map((n) => (n === 41 || n === 7 ? undefined : idOf(n))),
  )
})
