import { defineTask } from '@bananasjs/core'
import { expect, test } from 'vitest'
import {
  admin,
  appOn,
  consumerOf,
  emulator,
  message,
  messages,
  one,
  proxyTo,
  queueName,
  take,
  transportOn,
  until,
} from './fixtures.ts'

const server = emulator()

test('a heartbeat that is late changes nothing: what was settled is LEASE_LOST to it', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, messages(2))
  const consumer = await consumerOf(broker, queue)
  const [released, retried] = await take(consumer, 2)
  await consumer.settle([
    { receipt: released!.receipt, as: 'release' },
    { receipt: retried!.receipt, as: 'retry', delayMs: 1000, headers: {} },
  ])
  const before = proxy.count('ChangeMessageVisibilityBatch')
  const failures = await consumer.extend([released!.receipt, retried!.receipt], 60_000)
  expect(failures.map(({ error }) => error.code)).toEqual(['LEASE_LOST', 'LEASE_LOST'])
  expect(proxy.count('ChangeMessageVisibilityBatch')).toBe(before)
  await take(consumer, 2)
})

test('a release waits for an extension that is on its way, so that it is not undone', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, [message()])
  const consumer = await consumerOf(broker, queue)
  const { receipt } = await one(consumer)
  await Promise.all([consumer.extend([receipt], 60_000), consumer.settle([{ receipt, as: 'release' }])])
  const seconds = proxy.calls.flatMap(({ body }) =>
    (body.Entries ?? []).flatMap((entry) => (entry['VisibilityTimeout'] as number | undefined) ?? []),
  )
  expect(seconds).toEqual([60, 0])
  expect((await one(consumer)).deliveries).toBe(2)
})

test('25 leases are extended by three calls', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, messages(25))
  const consumer = await consumerOf(broker, queue)
  const held = await take(consumer, 25)
  expect(
    await consumer.extend(
      held.map(({ receipt }) => receipt),
      60_000,
    ),
  ).toEqual([])
  expect(proxy.count('ChangeMessageVisibilityBatch')).toBe(3)
})

test('what comes for consumers that went away meanwhile is handed over next as if nobody had had it', async () => {
  const { broker } = transportOn(server.process().url)
  const queue = queueName()
  for (let left = 8; left > 0; left -= 1) {
    const consumer = await consumerOf(broker, queue)
    const leaving = new AbortController()
    const waiting = consumer.receive(10, { waitMs: 5000, signal: leaving.signal })
    waiting.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
    leaving.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  }
  const [sent] = [message()]
  await broker.publish(queue, [sent])
  const { message: got, deliveries } = await one(await consumerOf(broker, queue))
  expect([got.id, deliveries]).toEqual([sent.id, 1])
})

test('a long poll that was aborted is taken over by the next receive, at no further call', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  const consumer = await consumerOf(broker, queue)
  for (let round = 0; round < 5; round += 1) {
    const leaving = new AbortController()
    const waiting = consumer.receive(10, { waitMs: 20_000, signal: leaving.signal })
    waiting.catch(() => undefined)
    await until('the poll has left', () => proxy.count('ReceiveMessage') > 0)
    leaving.abort()
    await expect(waiting).rejects.toThrow()
    expect(await consumer.receive(10)).toEqual([])
  }
  const waiting = consumer.receive(10, { waitMs: 20_000 })
  await broker.publish(queue, [message()])
  expect(await waiting).toHaveLength(1)
  expect(proxy.count('ReceiveMessage')).toBe(1)
})

test('a consumer asks a full queue by many calls at once, and an empty one by one', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, messages(500))
  const consumer = await consumerOf(broker, queue)
  const sizes: number[] = []
  while (sizes.reduce((sum, size) => sum + size, 0) < 500) sizes.push((await consumer.receive(200)).length)
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(80)
  expect(await consumer.receive(200)).toEqual([])
  const before = proxy.count('ReceiveMessage')
  expect(await consumer.receive(200, { waitMs: 2000 })).toEqual([])
  expect(proxy.count('ReceiveMessage')).toBe(before + 1)
})

test('leases are kept while a handler blocks the event loop, and no other worker gets the task', async () => {
  const { url } = server.process()
  const { app, worker } = appOn(url)
  const task = defineTask<number>('blocking')
  const queue = queueName()
  let runs = 0
  const block = (): void => {
    runs += 1
    const end = performance.now() + 12_000
    while (performance.now() < end);
  }
  await worker({ queues: [queue], lease: '5s', drain: '20s' })
    .handle(task, block)
    .start()
  await app.enqueue(task, 1, { queue })
  await until('it runs', () => runs > 0)
  const isDone = async (): Promise<boolean> => {
    const { ready, leased = 0 } = await app.queues.inspect(queue)
    return ready + leased === 0
  }
  await until('it is done', isDone, 60_000)
  expect(runs).toBe(1)
})

test('a text that nobody here wrote becomes a dead letter with the reason, and holds up nothing', async () => {
  const { url } = server.process()
  const { broker } = transportOn(url, { prefix: 'alien-' })
  const queue = queueName()
  const consumer = await consumerOf(broker, queue)
  const { SendMessageCommand, ReceiveMessageCommand } = await import('@aws-sdk/client-sqs')
  const client = admin(url)
  const at = (name: string): string => `${url}/000000000000/${name}`
  await client.send(new SendMessageCommand({ QueueUrl: at(`alien-${queue}`), MessageBody: '{"Records":[]}' }))
  await broker.publish(queue, [message()])
  await one(consumer)
  await until('it is dead', async () => (await broker.inspect!(queue)).dead === 1)
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: at(`alien-${queue}_dlq`) }))
  const [line, ...rest] = Messages![0]!.Body!.split('\n')
  expect(JSON.parse(line!)).toMatchObject({
    reason: expect.stringContaining('no message of this package') as string,
  })
  expect(rest.join('\n')).toBe('{"Records":[]}')
})

test('a dead letter that is moved back to its queue begins a new life', async () => {
  const { url } = server.process()
  const { broker } = transportOn(url, { prefix: 'moved-' })
  const queue = queueName()
  const sent = message({ headers: { kept: 'yes' } })
  await broker.publish(queue, [sent])
  const consumer = await consumerOf(broker, queue)
  const { receipt } = await one(consumer)
  await consumer.settle([{ receipt, as: 'deadLetter', reason: 'broken', headers: { attempt: '3' } }])
  const { SendMessageCommand, ReceiveMessageCommand } = await import('@aws-sdk/client-sqs')
  const client = admin(url)
  const at = (name: string): string => `${url}/000000000000/${name}`
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: at(`moved-${queue}_dlq`) }))
  expect(Messages![0]!.Body).toContain('"reason":"broken"')
  // What StartMessageMoveTask does: the same body, as a new message.
  await client.send(
    new SendMessageCommand({ QueueUrl: at(`moved-${queue}`), MessageBody: Messages![0]!.Body }),
  )
  const again = await one(consumer)
  expect([again.message.id, again.message.headers, again.deliveries]).toEqual([sent.id, { attempt: '3' }, 1])
})
