import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { message, messages, transportOn } from './fixtures.ts'
import { temporaryFile } from './temporary-file.ts'

test('a file in a missing folder is refused with the way out', async () => {
  const path = join(dirname(temporaryFile()), 'missing', 'bananas.db')
  const { broker } = transportOn(path)
  await expect(broker.open()).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('create the folder'),
  })
  mkdirSync(dirname(path))
  expect(await broker.publish('later', [message()])).toEqual([])
})

test('a file of another kind is refused and left as it is', async () => {
  const path = temporaryFile()
  writeFileSync(path, 'these are notes, not a database. '.repeat(100))
  const { broker } = transportOn(path)
  await expect(broker.open()).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('is not a SQLite database'),
  })
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test('a damaged file is reported as such and not retried', async () => {
  const path = temporaryFile()
  const first = sqlite(path)
  await first.broker.publish('queue', messages(500, { body: new Uint8Array(900) }))
  await first.broker.close()
  const damaged = new DatabaseSync(path)
  const { rootpage } = damaged
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'bananas_ready'")
    .get() as { rootpage: number }
  damaged.close()
  const { openSync, writeSync, closeSync } = await import('node:fs')
  const handle = openSync(path, 'r+')
  writeSync(handle, Buffer.alloc(4096, 0xee), 0, 4096, (rootpage - 1) * 8192)
  closeSync(handle)
  const damagedAgain = transportOn(path)
  const { broker } = damagedAgain
  await expect(broker.publish('queue', [message()])).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: false,
    message: expect.stringContaining('is damaged'),
  })
  const checks = await damagedAgain.diagnose()
  expect(checks.find(({ check }) => check === 'integrity')?.level).toBe('error')
})

test('a read-only file is refused as a matter of permissions', async () => {
  const path = temporaryFile()
  const first = sqlite(path)
  await first.broker.open()
  const { broker } = transportOn(`file:${path}?mode=ro`)
  await expect(broker.publish('queue', [message()])).rejects.toMatchObject({
    code: 'DENIED',
    message: expect.stringContaining('read-only'),
  })
  await first.broker.close()
})

test('a file of a newer version is refused', async () => {
  const path = temporaryFile()
  const first = sqlite(path)
  await first.broker.open()
  first.client.exec("UPDATE bananas_meta SET value = 99 WHERE name = 'schema'")
  await first.broker.close()
  const { broker } = transportOn(path)
  await expect(broker.open()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('Upgrade the package'),
  })
})

test('a lock held too long is a lost connection that names the file, and blocks nobody meanwhile', async () => {
  const path = temporaryFile()
  const { broker } = transportOn({ path, busyTimeoutMs: 2000 })
  await broker.open()
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let turns = 0
  const clock = setInterval(() => (turns += 1), 10)
  await expect(broker.publish('queue', [message()])).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: true,
    message: expect.stringContaining(path),
  })
  clearInterval(clock)
  expect(turns).toBeGreaterThan(5)
  other.exec('COMMIT')
  other.close()
  expect(await broker.publish('queue', [message()])).toEqual([])
  expect((await broker.inspect!('queue')).ready).toBe(1)
})

test('an abort ends the wait for a lock and stores nothing', async () => {
  const path = temporaryFile()
  const { broker } = transportOn(path)
  await broker.open()
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const reason = new Error('enough')
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 60)
  await expect(broker.publish('queue', [message()], { signal: controller.signal })).rejects.toBe(reason)
  other.exec('COMMIT')
  other.close()
  expect((await broker.inspect!('queue')).ready).toBe(0)
})

test('a full disk fails the publish as a whole, and work goes on when there is room', async () => {
  const { broker, results, client } = transportOn(temporaryFile())
  await broker.publish('queue', [message()])
  const { page_count: pages } = client.prepare('PRAGMA page_count').get() as { page_count: number }
  client.exec(`PRAGMA max_page_count = ${pages + 4}`)
  const large = messages(100, { body: new Uint8Array(5000) })
  await expect(broker.publish('queue', large)).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: true,
    message: expect.stringContaining('the disk is full'),
  })
  expect((await broker.inspect!('queue')).ready).toBe(1)
  client.exec('PRAGMA max_page_count = 1000000')
  expect(await broker.publish('queue', large)).toEqual([])
  expect((await broker.inspect!('queue')).ready).toBe(101)
  expect(await results.get(['unknown'])).toEqual([undefined])
})

test('one write that fails does not take along the others of its turn', async () => {
  const { broker, client } = transportOn(temporaryFile())
  await broker.publish('queue', [message()])
  const { page_count: pages } = client.prepare('PRAGMA page_count').get() as { page_count: number }
  client.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const outcomes = await Promise.allSettled([
    broker.publish('queue', [message()]),
    broker.publish('queue', [message({ body: new Uint8Array(200_000) })]),
    broker.publish('new queue', [message()]),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await broker.queues!()).toEqual(['new queue', 'queue'])
  expect((await broker.inspect!('new queue')).ready).toBe(1)
})
