import { defineTask } from '@bananasjs/core'
import { beforeAll, afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { admin, appOn, message, transportOn, until } from './fixtures.ts'
import { startRabbitmqProcess } from './rabbitmq-process.ts'
import type { RabbitmqProcess } from './rabbitmq-process.ts'

const add = defineTask<number, number>('add', { retry: false })

let rabbit: RabbitmqProcess

beforeAll(async () => {
  rabbit = await startRabbitmqProcess({ config: ['max_message_size = 100000'] })
}, 150_000)
afterAll(() => rabbit.stop())

/** The url of another user or vhost on the same server. */
function as(user: string, vhost = ''): string {
  return `amqp://${user}@127.0.0.1:${rabbit.port}${vhost}`
}

test('a server that cannot be reached is told with its address within the time a call waits', async () => {
  const port = await freePort()
  const { broker } = transportOn(`amqp://127.0.0.1:${port}`, { recoveryMs: 300 })
  const startedAt = performance.now()
  await expect(broker.publish('q', [message()])).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: true,
    message: expect.stringContaining(`127.0.0.1:${port}`) as string,
  })
  expect(performance.now() - startedAt).toBeLessThan(9000)
})

describe('who may not', () => {
  test('log in is DENIED at once, and the password is not shown', async () => {
    const { broker } = transportOn(as('guest:wrong-one'))
    const error: unknown = await broker.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'DENIED', retryable: false })
    expect(String(error)).not.toContain('wrong-one')
  })

  test('use the vhost is DENIED', async () => {
    await rabbit.control('add_vhost', 'closed')
    await rabbit.control('add_user', 'stranger', 'secret')
    const { broker } = transportOn(as('stranger:secret', '/closed'))
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({ code: 'DENIED', retryable: false })
  })

  test('touch one queue is DENIED for that one, with what is missing, and goes on with the others', async () => {
    await rabbit.control('add_user', 'half', 'secret')
    const others = '^(bananas:(?!q:locked).*|amq\\.default)$'
    await rabbit.control('set_permissions', 'half', others, others, others)
    const { broker } = transportOn(as('half:secret'))
    await expect(broker.publish('locked', [message()])).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/bananas:q:locked/) as string,
    })
    expect(await broker.publish('open', [message()])).toEqual([])
    await expect(receiveOne(as('half:secret'), 'locked')).rejects.toMatchObject({ code: 'DENIED' })
  })

  test('work with what the page on RabbitMQ says a user needs, works', async () => {
    await rabbit.control('add_user', 'least', 'secret')
    await rabbit.control(
      'set_permissions',
      'least',
      '^bananas:.*',
      '^(bananas:.*|amq\\.default)$',
      '^bananas:.*',
    )
    const { app, worker } = appOn(as('least:secret'))
    await worker({ id: 'w' })
      .handle(add, (n) => n + 1)
      .start()
    const job = await app.enqueue(add, 1, { delay: 50 })
    expect(await job.result({ timeout: '10s' })).toBe(2)
    expect(await app.control.send('ping', { to: ['w'], wait: '20s' })).toHaveLength(1)
  })
})

test('a missing vhost is DENIED, and named with the way out', async () => {
  const { broker } = transportOn(as('guest:guest', '/nowhere'))
  await expect(broker.publish('q', [message()])).rejects.toMatchObject({
    code: 'DENIED',
    message: expect.stringMatching(/nowhere refuses this vhost.*add_vhost/) as string,
  })
})

test('a queue declared with other arguments is INVALID, named, and left as it is', async () => {
  const channel = await admin(rabbit.url)
  await channel.assertQueue('bananas:q:old', { durable: true })
  channel.sendToQueue('bananas:q:old', Buffer.from('kept'))
  const { broker } = transportOn(rabbit.url)
  await expect(broker.publish('old', [message()])).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringMatching(/other arguments.*bananas:q:old/s) as string,
  })
  await until('the message is there', async () => {
    const { messageCount } = await channel.checkQueue('bananas:q:old')
    return messageCount === 1
  })
  expect(await broker.publish('new', [message()])).toEqual([])
})

describe('with create off', () => {
  test('a missing queue is INVALID and named, for producers and workers', async () => {
    const { broker } = transportOn(rabbit.url, { create: false })
    await expect(broker.publish('absent', [message()])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('bananas:q:absent') as string,
    })
    const consumer = await broker.consume('absent', { leaseMs: 30_000, prefetch: 1 })
    await expect(consumer.receive(1, { waitMs: 1000 })).rejects.toMatchObject({ code: 'INVALID' })
  })

  test('queues that are there work without the right to configure', async () => {
    await transportOn(rabbit.url).broker.publish('made', [message({ id: 'first' })])
    await rabbit.control('add_user', 'reader', 'secret')
    await rabbit.control('set_permissions', 'reader', '^$', '^(bananas:.*|amq\\.default)$', '^bananas:.*')
    const { broker } = transportOn(as('reader:secret'), { create: false })
    expect(await broker.publish('made', [message({ id: 'second' })])).toEqual([])
    const consumer = await broker.consume('made', { leaseMs: 30_000, prefetch: 10 })
    const got: string[] = []
    while (got.length < 2) {
      const some = await consumer.receive(2, { waitMs: 5000 })
      got.push(...some.map(({ message: { id } }) => id))
      await consumer.settle(some.map(({ receipt }) => ({ receipt, as: 'ack' })))
    }
    expect(got).toEqual(['first', 'second'])
  })
})

test('more than the server takes is TOO_LARGE, and its neighbours are stored', async () => {
  const { broker } = transportOn(rabbit.url)
  const large = message({ body: Buffer.alloc(200_000) })
  await expect(broker.publish('large', [large])).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringContaining('max_message_size') as string,
  })
  expect(await broker.publish('large', [message({ id: 'small' })])).toEqual([])
  expect(await receiveOne(rabbit.url, 'large')).toBe('small')
})

test('headers that no frame holds are TOO_LARGE for that message alone', async () => {
  const { broker } = transportOn(rabbit.url)
  const wide = message({ headers: { wide: 'x'.repeat(150_000) } })
  const failures = await broker.publish('wide', [message({ id: 'before' }), wide, message({ id: 'after' })])
  expect(failures).toMatchObject([{ index: 1, error: { code: 'TOO_LARGE' } }])
})

test('bytes that are no message of ours are dead-lettered with the reason, and the worker lives', async () => {
  const { app, worker } = appOn(rabbit.url, { prefix: 'foreign' })
  await worker()
    .handle(add, (n) => n + 1)
    .start()
  expect(await (await app.enqueue(add, 1)).result({ timeout: '10s' })).toBe(2)
  const channel = await admin(rabbit.url)
  channel.sendToQueue('foreign:q:default', Buffer.from('by hand'), { type: 'theirs' })
  const letters = async () => (await app.queues.dead('default')).letters
  await until('it is set aside', async () => (await letters()).length === 1)
  expect((await letters())[0]).toMatchObject({
    reason: expect.stringContaining('not written by this package') as string,
    message: { body: Buffer.from('by hand') },
  })
  expect(await (await app.enqueue(add, 2)).result({ timeout: '10s' })).toBe(3)
})

async function receiveOne(url: string, queue: string): Promise<string | undefined> {
  const consumer = await transportOn(url).broker.consume(queue, { leaseMs: 30_000, prefetch: 1 })
  const [delivery] = await consumer.receive(1, { waitMs: 30_000 })
  return delivery?.message.id
}
