import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import type { SqliteOptions } from '../src/index.ts'
import { STATEMENTS } from '../src/sqlite-messages.ts'
import { ackAll, message, messages, transportOn } from './fixtures.ts'
import { temporaryFile } from './temporary-file.ts'

test('the head of the line is found in the index alone, however long the line is', async () => {
  const { broker, client } = transportOn(temporaryFile())
  const plan = (sql: string, ...values: number[]): string[] =>
    (client.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(
      ({ detail }) => detail,
    )
  await broker.publish('queue', messages(1000))
  const short = [
    plan(STATEMENTS.line, 1, 10),
    plan(STATEMENTS.promote, 1, 0),
    plan(STATEMENTS.next, 1, 1),
  ].flat()
  for (let round = 0; round < 20; round += 1) await broker.publish('queue', messages(1000))
  client.exec('ANALYZE')
  const long = [
    plan(STATEMENTS.line, 1, 10),
    plan(STATEMENTS.promote, 1, 0),
    plan(STATEMENTS.next, 1, 1),
  ].flat()
  expect(long).toEqual(short)
  expect(long.join('\n')).toContain('bananas_ready')
  expect(long.join('\n')).toContain('bananas_timed')
  expect(long.filter((detail) => /SCAN (?!CONSTANT)|TEMP B-TREE/.test(detail))).toEqual([])
})

test('a body above the inline size comes back unchanged, also from the dead letters', async () => {
  const { broker, client } = transportOn(temporaryFile())
  const body = new Uint8Array(300_000).map((_, index) => index % 251)
  await broker.publish('queue', [message({ body })])
  const consumer = await broker.consume('queue', { leaseMs: 5000, prefetch: 10 })
  const [first] = await consumer.receive(1)
  expect(first!.message.body).toEqual(body)
  await consumer.settle([{ receipt: first!.receipt, as: 'deadLetter', reason: 'poison' }])
  const { letters } = await broker.deadLetters!.list('queue', { limit: 10 })
  expect(letters[0]!.message.body).toEqual(body)
  expect(await broker.deadLetters!.redrive('queue')).toBe(1)
  const [again] = await consumer.receive(1)
  expect(again).toMatchObject({ deliveries: 1, message: { body } })
  await ackAll(consumer, [again!])
  expect(client.prepare('SELECT count(*) AS n FROM bananas_bodies').get()).toMatchObject({ n: 0 })
})

test('a purge and a drop leave no bodies behind', async () => {
  const { broker, client } = transportOn(temporaryFile())
  await broker.publish('queue', messages(30, { body: new Uint8Array(5000) }))
  const consumer = await broker.consume('queue', { leaseMs: 5000, prefetch: 10 })
  const dead = await consumer.receive(10)
  await consumer.settle(dead.map(({ receipt }) => ({ receipt, as: 'deadLetter', reason: 'test' })))
  expect(await broker.deadLetters!.drop('queue', { ids: [dead[0]!.message.id] })).toBe(1)
  expect(await broker.deadLetters!.drop('queue')).toBe(9)
  expect(await broker.purge!('queue')).toBe(20)
  expect(client.prepare('SELECT count(*) AS n FROM bananas_bodies').get()).toMatchObject({ n: 0 })
})

test('a receipt whose lease ended settles nothing, even when nobody took the message yet', async () => {
  let now = Date.now()
  const transport = transportOn({ path: temporaryFile(), now: () => now })
  await transport.broker.publish('queue', [message()])
  const consumer = await transport.broker.consume('queue', { leaseMs: 1000, prefetch: 1 })
  const [late] = await consumer.receive(1)
  now += 1000
  expect(await ackAll(consumer, [late!])).toMatchObject([{ index: 0, error: { code: 'LEASE_LOST' } }])
  expect(await transport.broker.inspect!('queue')).toMatchObject({ ready: 1, leased: 0 })
  const [again] = await consumer.receive(1)
  expect(again!.deliveries).toBe(2)
  expect(await ackAll(consumer, [late!, again!])).toMatchObject([{ index: 0 }])
})

test('a lease and a delay may be as long as a number goes', async () => {
  const { broker } = transportOn(temporaryFile())
  await broker.publish('queue', [message(), message({ delayMs: Number.MAX_VALUE })])
  const consumer = await broker.consume('queue', { leaseMs: Number.MAX_SAFE_INTEGER, prefetch: 1 })
  expect(await consumer.receive(10)).toHaveLength(1)
  expect(await broker.inspect!('queue')).toEqual({ ready: 0, delayed: 1, leased: 1, dead: 0 })
})

test('concurrent publishes of one turn share one transaction', async () => {
  const { broker, client } = transportOn(temporaryFile())
  await broker.publish('queue', [message()])
  const witness = new DatabaseSync(client.location()!)
  const version = (): number =>
    (witness.prepare('PRAGMA data_version').get() as { data_version: number }).data_version
  const before = version()
  const all = Promise.all(messages(200).map((each) => broker.publish('queue', [each])))
  let commits = 0
  let last = before
  const watching = setInterval(() => {
    if (version() !== last) commits += 1
    last = version()
  }, 0)
  await all
  clearInterval(watching)
  if (version() !== last) commits += 1
  witness.close()
  expect(commits).toBe(1)
  expect((await broker.inspect!('queue')).ready).toBe(201)
})

test('a handed-in database is shared, left open, and keeps the application tables apart', async () => {
  const path = temporaryFile()
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)')
  const transport = sqlite({ database })
  expect(transport.client).toBe(database)
  expect(transport.origin).toBeUndefined()
  expect(transport.broker.supports.durability).toBe('disk')
  await transport.broker.publish('queue', [message()])
  database.exec('BEGIN')
  database.exec('INSERT INTO orders VALUES (1)')
  const waiting = transport.broker.publish('queue', [message()])
  await new Promise((resolve) => setTimeout(resolve, 50))
  database.exec('ROLLBACK')
  expect(await waiting).toEqual([])
  expect((await transport.broker.inspect!('queue')).ready).toBe(2)
  await transport.broker.close()
  expect(database.prepare('SELECT count(*) AS n FROM orders').get()).toMatchObject({ n: 0 })
  database.close()
})

test('durability says what the settings give', () => {
  const path = temporaryFile()
  const given = (options: SqliteOptions): string => sqlite(options).broker.supports.durability
  expect(given({ path })).toBe('disk')
  expect(given({ path, synchronous: 'NORMAL' })).toBe('process')
  expect(given({ path, synchronous: 'OFF' })).toBe('process')
  expect(given({ path: ':memory:' })).toBe('memory')
})

test('the origin makes the same transport again', async () => {
  const path = temporaryFile()
  const { broker, origin } = transportOn({ path, synchronous: 'NORMAL' })
  await broker.publish('queue', [message()])
  const { module, factory, args } = structuredClone(origin!)
  const loaded = (await import(module)) as Record<string, typeof sqlite>
  const twin = loaded[factory]!(...(args as [SqliteOptions]))
  expect((await twin.broker.inspect!('queue')).ready).toBe(1)
  expect(twin.broker.supports).toEqual(broker.supports)
  await twin.broker.close()
})

test('the file shrinks after a burst was worked off', { timeout: 30_000 }, async () => {
  const { broker, client } = transportOn({ path: temporaryFile(), synchronous: 'OFF' })
  const pages = (): number => (client.prepare('PRAGMA page_count').get() as { page_count: number }).page_count
  for (let round = 0; round < 30; round += 1)
    await broker.publish('queue', messages(1000, { body: new Uint8Array(1000) }))
  const high = pages()
  await broker.purge!('queue')
  await expect.poll(pages, { timeout: 10_000 }).toBeLessThan(high - 1000)
})

test('diagnose tells version, journal, power loss, space and integrity', async () => {
  const transport = transportOn({ path: temporaryFile(), synchronous: 'NORMAL' })
  const found = new Map((await transport.diagnose()).map(({ check, level }) => [check, level]))
  expect(found.get('power loss')).toBe('warning')
  expect([...found.keys()]).toEqual([
    'sqlite version',
    'journal mode',
    'power loss',
    'writable',
    'integrity',
    'disk space',
    'wal size',
  ])
})
