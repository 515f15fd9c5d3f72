import { createServer, connect as connectTcp } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { defineTask } from '@bananasjs/core'
import { connect } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { nats } from '../../src/index.ts'
import { admin, appOn, message, server, transportOn } from './fixtures.ts'

const add = defineTask<number, number>('add', { retry: false })

describe('a server that cannot be reached', () => {
  test('is told with its address within the time a call waits', async () => {
    const port = await freePort()
    const { broker } = transportOn(`nats://127.0.0.1:${port}`, { recoveryMs: 300 })
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    })
  })

  test('is used as soon as it is there, by producers and workers alike', async () => {
    const port = await freePort()
    const { app, worker } = appOn(`nats://127.0.0.1:${port}`)
    const result = app.enqueue(add, 1).then((job) => job.result({ timeout: '20s' }))
    const started = worker()
      .handle(add, (n) => n + 1)
      .start()
    await server({ port })
    await started
    expect(await result).toBe(2)
    await app.close() // while the server is there
  })
})

describe('credentials', () => {
  test.each([
    ['a wrong password', 'ada:wrong@'],
    ['no password', ''],
  ])('%s is DENIED at once, and not shown', async (_, login) => {
    const { port } = await server({ config: ['authorization { user: ada, password: right }'] })
    const { broker } = transportOn(`nats://${login}127.0.0.1:${port}`)
    const error: unknown = await broker.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'DENIED', retryable: false })
    expect(String(error)).not.toContain('wrong')
  })
})

describe('permissions', () => {
  const ALL = ['bananas.>', '$KV.bananas-results.>', '$JS.ACK.>']
  const WITHOUT_CREATING = [
    'STREAM.INFO.*',
    'STREAM.MSG.GET.*',
    'STREAM.MSG.DELETE.*',
    'STREAM.PURGE.*',
    'CONSUMER.INFO.*.*',
    'CONSUMER.LIST.*',
    'CONSUMER.MSG.NEXT.*.*',
    'CONSUMER.CREATE.>',
    'CONSUMER.DELETE.>',
    'DIRECT.GET.>',
  ].map((path) => `$JS.API.${path}`)
  const users = (publish: readonly string[]): string => `authorization { users: [
    { user: root, password: secret }
    { user: app, password: secret, permissions: {
      publish: ${JSON.stringify(publish)}, subscribe: ["bananas.>", "_INBOX.>"] } } ] }`

  test('what the page on NATS lists is enough, and with it streams are made', async () => {
    const { port } = await server({ config: [users([...ALL, '$JS.API.>'])] })
    await expectToWork(`nats://app:secret@127.0.0.1:${port}`)
  })

  test('with streams: "never" no right to make them is needed once they are there', async () => {
    const { port } = await server({ config: [users([...ALL, ...WITHOUT_CREATING])] })
    const address = `127.0.0.1:${port}`
    const refused = transportOn(`nats://app:secret@${address}`)
    await expect(refused.broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('$JS.API.STREAM.CREATE.bananas-queues') as string,
    })
    await expectToWork(`nats://root:secret@${address}`)
    await expectToWork(`nats://app:secret@${address}`, 'never')
  })

  test('a queue that a user may not publish to is DENIED by its subject; its neighbours are not', async () => {
    const denied = `authorization { users: [ { user: app, password: secret, permissions: {
      publish: { deny: ["bananas.ready.secret"] } } } ] }`
    const { port } = await server({ config: [denied] })
    const { broker } = transportOn(`nats://app:secret@127.0.0.1:${port}`)
    await expect(broker.publish('secret', [message()])).rejects.toMatchObject({
      code: 'DENIED',
      retryable: false,
      message: expect.stringContaining('bananas.ready.secret') as string,
    })
    expect(await broker.publish('open', [message()])).toEqual([])
  })

  async function expectToWork(url: string, streams: 'create' | 'never' = 'create'): Promise<void> {
    const { app, worker } = appOn(url, { streams })
    await worker({ id: 'w' })
      .handle(add, (n) => n + 1)
      .start()
    const later = await app.enqueue(add, 5, { delay: 50 })
    expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
    expect(await later.result({ timeout: '10s' })).toBe(6)
    expect(await app.queues.inspect('default')).toMatchObject({ ready: 0, dead: 0 })
    expect(await app.control.send('ping', { to: ['w'], wait: '20s' })).toHaveLength(1)
    await app.close()
  }
})

describe('what is missing or made in another way', () => {
  test('a stream that is missing with streams: "never" is named', async () => {
    const { url } = await server()
    const { broker } = transportOn(url, { streams: 'never' })
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('"bananas-queues"') as string,
    })
  })

  test('a consumer that is missing with streams: "never" is named', async () => {
    const { url } = await server()
    await transportOn(url).broker.publish('there', [message()])
    const { broker } = transportOn(url, { streams: 'never' })
    expect(await broker.publish('there', [message()])).toEqual([])
    await expect(broker.publish('missing', [message()])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('"ready_missing"') as string,
    })
  })

  test.each([
    ['retention', { retention: 'limits', discard: 'new' }],
    ['discard', { retention: 'workqueue', discard: 'old' }],
  ])('a stream with another %s is refused before it can lose anything', async (key, config) => {
    const { url } = await server()
    const { api } = await admin(url)
    const subjects = ['bananas.ready.*', 'bananas.silence.*']
    await api('STREAM.CREATE.bananas-queues', {
      name: 'bananas-queues',
      subjects,
      storage: 'file',
      ...config,
    })
    const { broker } = transportOn(url)
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(key) as string,
    })
  })

  test('subjects that another stream takes are told, with the way out', async () => {
    const { url } = await server()
    const { api } = await admin(url)
    await api('STREAM.CREATE.other', { name: 'other', subjects: ['bananas.>'], storage: 'file' })
    const { broker } = transportOn(url)
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('another prefix') as string,
    })
  })
})

describe('what the server cannot do', () => {
  test('a server without JetStream is told so at once', async () => {
    const { url } = await server({ jetstream: false })
    const { broker } = transportOn(url)
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      retryable: false,
      message: expect.stringContaining('-js') as string,
    })
  })

  test('replicas on a server that is no cluster are UNSUPPORTED', async () => {
    const { url } = await server()
    const { broker } = transportOn(url, { replicas: 3 })
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('replicas') as string,
    })
  })

  test('a server that says it is older than 2.9 is refused by its version', async () => {
    const { port } = await server()
    const { broker } = transportOn(`nats://127.0.0.1:${await behindAnOlderName(port)}`)
    await expect(broker.open()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('2.8.0') as string,
    })
  })

  /** The real server, with another version in its greeting. */
  async function behindAnOlderName(port: number): Promise<number> {
    const proxy = createServer((client) => {
      const upstream = connectTcp(port, '127.0.0.1')
      client.pipe(upstream)
      upstream.on('data', (chunk) => {
        client.write(chunk.toString('latin1').replace(/"version":"[^"]+"/, '"version":"2.8.0"'), 'latin1')
      })
      const end = (): void => void [client.destroy(), upstream.destroy()]
      for (const side of [client, upstream]) side.on('error', end).on('close', end)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void proxy.close())
    await once(proxy, 'listening')
    return (proxy.address() as AddressInfo).port
  }
})

describe('sizes', () => {
  test('a message that is too large for the server fails alone, and with a way out', async () => {
    const { url } = await server({ config: ['max_payload: 65536'] })
    const { broker } = transportOn(url)
    await broker.open()
    expect(broker.supports.maxMessageBytes).toBe(65_536 - 4096)
    const [failure, ...more] = await broker.publish('q', [
      message(),
      message({ body: Buffer.alloc(65_536) }),
      message(),
    ])
    expect(more).toEqual([])
    expect(failure).toMatchObject({ index: 1, error: { code: 'TOO_LARGE' } })
    expect((await broker.inspect!('q')).ready).toBe(2)
  })

  test('headers count as a part of the message, and may be large', async () => {
    const { url } = await server()
    const { broker } = transportOn(url)
    const headers = { large: 'x'.repeat(200_000) }
    expect(await broker.publish('q', [message({ headers })])).toEqual([])
    const [failure] = await broker
      .publish('q', [message(), message({ headers: { large: 'x'.repeat(2_000_000) } })])
      .catch((error: unknown) => [{ error }])
    expect(failure).toMatchObject({ error: { code: 'TOO_LARGE' } })
    expect((await broker.peek!('q', 1))[0]?.headers).toEqual(headers)
  })

  test('a full stream refuses what comes, keeps what it has, and takes more when there is room', async () => {
    const { url } = await server()
    const { broker } = transportOn(url, { maxBytes: 100_000 })
    const kilobytes = (count: number): Parameters<typeof message>[0] => ({ body: Buffer.alloc(count * 1000) })
    for (let sent = 0; sent < 9; sent += 1)
      expect(await broker.publish('q', [message(kilobytes(10))])).toEqual([])
    await expect(broker.publish('q', [message(kilobytes(10))])).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      message: expect.stringContaining('maxBytes') as string,
    })
    expect((await broker.inspect!('q')).ready).toBe(9)
    const consumer = await broker.consume('q', { leaseMs: 15_000, prefetch: 10 })
    const [first] = await consumer.receive(1, { waitMs: 30_000 })
    await consumer.settle([{ receipt: first!.receipt, as: 'ack' }])
    expect(await broker.publish('q', [message(kilobytes(10))])).toEqual([])
  })

  test('an account without room says so', async () => {
    const { url } = await server({
      config: ['jetstream { store_dir: "$FOLDER/data", max_file_store: 200000 }'],
    })
    const { broker } = transportOn(url)
    const error: unknown = await (async () => {
      for (;;) await broker.publish('q', [message({ body: Buffer.alloc(20_000) })])
    })().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
  })
})

test('a connection that is handed in is used, and stays open when the transport closes', async () => {
  const { url } = await server()
  const client = await connect({ servers: url })
  onTestFinished(() => client.close())
  const transport = nats({ client })
  expect(await transport.broker.publish('q', [message()])).toEqual([])
  await Promise.all([transport.broker.close(), transport.results.close(), transport.channel.close()])
  expect(client.isClosed()).toBe(false)
})

test('what nobody can read is dead-lettered with the reason, and does not stop the queue', async () => {
  const { url } = await server()
  const { broker } = transportOn(url)
  await broker.publish('q', [message({ id: 'before' })])
  const client = await connect({ servers: url })
  onTestFinished(() => client.close())
  await client.request('bananas.ready.q', 'no message of ours')
  await broker.publish('q', [message({ id: 'after' })])
  const consumer = await broker.consume('q', { leaseMs: 15_000, prefetch: 10 })
  const ids: string[] = []
  while (ids.length < 2)
    for (const { message: got } of await consumer.receive(2, { waitMs: 5000 })) ids.push(got.id)
  expect(ids).toEqual(['before', 'after'])
  await expect.poll(async () => (await broker.inspect!('q')).dead, { timeout: 10_000 }).toBe(1)
})
