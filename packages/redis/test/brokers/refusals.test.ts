import { defineTask } from '@bananasjs/core'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { admin, appOn, message, server, transportOn, until } from './fixtures.ts'

const add = defineTask<number, number>('add', { retry: false })

describe('a server that cannot be reached', () => {
  test('is told with its address within the time a call waits', async () => {
    const port = await freePort()
    const { broker } = transportOn(`redis://127.0.0.1:${port}`, { recoveryMs: 300 })
    const startedAt = performance.now()
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    })
    expect(performance.now() - startedAt).toBeLessThan(9000)
  })

  test('is used as soon as it is there, by producers and workers alike', async () => {
    const port = await freePort()
    const { app, worker } = appOn(`redis://127.0.0.1:${port}`)
    const result = app.enqueue(add, 1).then((job) => job.result({ timeout: '20s' }))
    const consumer = worker().handle(add, (n) => n + 1)
    const started = consumer.start()
    await server([], port)
    await started
    expect(await result).toBe(2)
  })
})

describe('credentials', () => {
  test.each([
    ['a wrong password', 'redis://:wrong@'],
    ['no password', 'redis://'],
  ])('%s is DENIED at once, and not shown', async (_, scheme) => {
    const { port } = await server(['--requirepass', 'right'])
    const { broker } = transportOn(`${scheme}127.0.0.1:${port}`)
    const error: unknown = await broker.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'DENIED', retryable: false })
    expect(String(error)).not.toContain('wrong@')
  })

  test('the right password works, with what the page on Redis says a user needs', async () => {
    const { port, url } = await server()
    await admin(url).call('acl', [
      'setuser',
      'bananas',
      'on',
      '>secret',
      '~bananas*',
      '~{bananas*',
      'resetchannels',
      '&bananas*',
      '&{bananas*',
      '+@all',
      '-@dangerous',
      '+info',
    ])
    const { app, worker } = appOn(`redis://bananas:secret@127.0.0.1:${port}`)
    await worker({ id: 'w' })
      .handle(add, (n) => n + 1)
      .start()
    expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
    expect(await app.control.send('ping', { to: ['w'], wait: '20s' })).toHaveLength(1)
  })

  test('a user without rights is DENIED with what is missing', async () => {
    const { port, url } = await server()
    await admin(url).call('acl', ['setuser', 'guest', 'on', '>secret', '~other*', '+@all'])
    const { broker } = transportOn(`redis://guest:secret@127.0.0.1:${port}`)
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('~bananas*') as string,
    })
  })
})

test('a read-only replica says so and names the way out', async () => {
  const primary = await server()
  const replica = await server(['--replicaof', '127.0.0.1', String(primary.port)])
  const { broker } = transportOn(replica.url)
  await expect(broker.publish('q', [message()])).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    message: expect.stringContaining('read-only replica') as string,
  })
})

test('a key of another type is INVALID, and named as such', async () => {
  const { url } = await server()
  await admin(url).set('{bananas:q}:ready', 'not a list')
  const { broker } = transportOn(url)
  await expect(broker.publish('q', [message()])).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('something else') as string,
  })
})

test('a full server refuses new tasks, is drained all the same, results included, and then takes new ones', async () => {
  const { url } = await server(['--maxmemory', '12mb', '--maxmemory-policy', 'noeviction'])
  const { app, worker, errors } = appOn(url)
  const payload = defineTask<string, number>('payload')
  let sent = 0
  const error: unknown = await (async () => {
    for (;;) {
      await app.enqueueMany(
        payload,
        Array.from({ length: 100 }, () => 'x'.repeat(500)),
      )
      sent += 100
    }
  })().catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: true,
    message: expect.stringContaining('out of memory') as string,
  })
  expect(sent).toBeGreaterThan(1000)
  let ran = 0
  await worker({ concurrency: 50 })
    .handle(payload, (text) => {
      ran += 1
      return text.length
    })
    .start()
  const isEmpty = async (): Promise<boolean> => {
    const { ready, leased = 0 } = await app.queues.inspect('default')
    return ready + leased === 0
  }
  await until('all are done', isEmpty, 60_000)
  expect(ran).toBe(sent)
  expect(errors).toEqual([])
  expect(await (await app.enqueue(payload, 'room again')).result({ timeout: '10s' })).toBe(10)
})

test('bytes that are no message are set aside with the reason, and the worker lives', async () => {
  const { url } = await server()
  const { app, worker } = appOn(url)
  await worker()
    .handle(add, (n) => n + 1)
    .start()
  const client = admin(url)
  await client.rpush(
    '{bananas:default}:ready',
    'LPUSHed by hand',
    Buffer.from([1, 50, 0, 0, 0, 0, 255, 255, 255]),
  )
  await client.rpush('{bananas:default}:wake', '1')
  expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
  await until('both are set aside', async () => (await app.queues.inspect('default')).dead === 2)
  const { letters } = await app.queues.dead('default')
  expect(letters[0]).toMatchObject({
    reason: expect.stringContaining('LPUSHed by hand') as string,
    message: {
      id: expect.stringMatching(/^malformed-/) as string,
      body: Uint8Array.from(Buffer.from('LPUSHed by hand')),
    },
  })
  expect(await app.queues.drop('default', { ids: [letters[0]!.message.id] })).toBe(1)
  expect(await app.queues.drop('default')).toBe(1)
})
