import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineTask } from '@bananasjs/core'
import { QueueError } from '@bananasjs/core/contract'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import {
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
import { startSqsProcess } from './sqs-process.ts'
import type { SqsProxy } from './sqs-proxy.ts'

const server = emulator()
const THROTTLED = { status: 400, type: 'ThrottlingException' }
const BROKEN = { status: 500, type: 'InternalError' }

/** The first `times` calls of this action meet the fault, the others pass. */
function first(times: number, action: string, fault: ReturnType<SqsProxy['rule']>): SqsProxy['rule'] {
  let left = times
  return (call) => {
    if (call.action !== action || left <= 0) return undefined
    left -= 1
    return fault
  }
}

describe('throttling', () => {
  test('is waited out: the call is tried again, and its messages are stored once', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    proxy.rule = first(3, 'SendMessageBatch', THROTTLED)
    const notices: string[] = []
    broker.onNotice!(({ kind }) => notices.push(kind))
    expect(await broker.publish(queue, messages(3))).toEqual([])
    expect(proxy.count('SendMessageBatch')).toBe(4)
    expect(notices).toEqual(['blocked', 'unblocked'])
    const consumer = await consumerOf(broker, queue)
    await take(consumer, 3)
    expect(await consumer.receive(1)).toEqual([])
  })

  test('that does not end is told as RATE_LIMITED, after a bounded number of calls', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url, { recoveryMs: 500 })
    proxy.rule = first(Infinity, 'SendMessageBatch', THROTTLED)
    await expect(broker.publish(queueName(), messages(25))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
    })
    expect(proxy.count('SendMessageBatch')).toBeLessThanOrEqual(3 * 8)
  })
})

describe('a batch that fails in part', () => {
  test('is completed: what failed for no fault of its own is sent again, and that alone', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    const fail = { fail: ['1', '4'], type: 'InternalError', senderFault: false }
    proxy.rule = first(2, 'SendMessageBatch', fail)
    const sent = messages(6)
    expect(await broker.publish(queue, sent)).toEqual([])
    const entries = proxy.calls.flatMap(({ body }) => body.Entries?.length ?? [])
    expect(entries).toEqual([6, 2, 1])
    const consumer = await consumerOf(broker, queue)
    const got = await take(consumer, 6)
    expect(got.map(({ message: { id } }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted())
  })

  test('tells a message that SQS refuses by its index, and stores the others', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    proxy.rule = first(1, 'SendMessageBatch', {
      fail: ['2'],
      type: 'InvalidMessageContents',
      senderFault: true,
    })
    const failures = await broker.publish(queue, messages(4))
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[2, 'INVALID']])
    await take(await consumerOf(broker, queue), 3)
  })

  test('whose answer passes over an entry: nobody knows what became of it, and it does not count as done', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    const without = (id: string) => ({
      reply: ({ Successful, ...rest }: Record<string, unknown>) => ({
        ...rest,
        Successful: (Successful as { Id: string }[]).filter(({ Id }) => Id !== id),
      }),
    })
    proxy.rule = first(1, 'SendMessageBatch', without('1'))
    const failures = await broker.publish(queue, messages(3))
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[1, 'CONNECTION_LOST']])
    const consumer = await consumerOf(broker, queue)
    const held = await take(consumer, 3)
    proxy.rule = first(1, 'DeleteMessageBatch', without('0'))
    const settle = () => consumer.settle(held.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
    await expect(settle()).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    expect(await settle()).toEqual([])
    expect(proxy.calls.at(-1)!.body.Entries).toHaveLength(1)
  })

  test('of acknowledgements is completed, too', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    await broker.publish(queue, messages(3))
    const consumer = await consumerOf(broker, queue, { leaseMs: 1000 })
    const held = await take(consumer, 3)
    proxy.rule = first(1, 'DeleteMessageBatch', {
      fail: ['0', '2'],
      type: 'InternalError',
      senderFault: false,
    })
    expect(await consumer.settle(held.map(({ receipt }) => ({ receipt, as: 'ack' })))).toEqual([])
    expect(await consumer.receive(3, { waitMs: 2000 })).toEqual([])
  })
})

describe('a server that fails', () => {
  test('is not sent the same messages twice: what became of them is unknown', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    for (const fault of [BROKEN, { status: 503, type: 'ServiceUnavailable' }, 'cut after'] as const) {
      proxy.rule = first(1, 'SendMessageBatch', fault)
      const before = proxy.count('SendMessageBatch')
      await expect(broker.publish(queueName(), messages(2))).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
      })
      expect(proxy.count('SendMessageBatch')).toBe(before + 1)
    }
  })

  test('is told again what may be told twice: FIFO messages, acknowledgements, extensions', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url, { fifo: true })
    const queue = queueName()
    proxy.rule = first(2, 'SendMessageBatch', 'cut after')
    expect(await broker.publish(queue, [message()])).toEqual([])
    const consumer = await consumerOf(broker, queue)
    const { receipt } = await one(consumer)
    proxy.rule = first(1, 'ChangeMessageVisibilityBatch', BROKEN)
    expect(await consumer.extend([receipt], 5000)).toEqual([])
    proxy.rule = first(2, 'DeleteMessageBatch', 'cut after')
    expect(await consumer.settle([{ receipt, as: 'ack' }])).toEqual([])
    expect(await broker.inspect!(queue)).toMatchObject({ ready: 0, leased: 0 })
  })

  test('between the copy and the deletion of a retry gets no second copy', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url, { recoveryMs: 100 })
    const queue = queueName()
    await broker.publish(queue, [message()])
    const consumer = await consumerOf(broker, queue)
    const { receipt } = await one(consumer)
    proxy.rule = (call) => (call.action === 'DeleteMessageBatch' ? BROKEN : undefined)
    const settlement = { receipt, as: 'retry', delayMs: 0, headers: { attempt: '2' } } as const
    await expect(consumer.settle([settlement])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    proxy.rule = () => undefined
    expect(await consumer.settle([settlement])).toEqual([])
    expect(proxy.count('SendMessageBatch')).toBe(2)
    const { message: again, deliveries } = await one(consumer)
    expect([again.headers, deliveries]).toEqual([{ attempt: '2' }, 2])
    expect(await broker.inspect!(queue)).toMatchObject({ ready: 0, leased: 1 })
  })

  test('under the copy of a retry loses nothing: the original is kept', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    await broker.publish(queue, [message()])
    const consumer = await consumerOf(broker, queue, { leaseMs: 1000 })
    const { receipt } = await one(consumer)
    proxy.rule = first(1, 'SendMessageBatch', 'cut before')
    const settling = consumer.settle([{ receipt, as: 'retry', delayMs: 0, headers: {} }])
    await expect(settling).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect((await one(consumer)).deliveries).toBe(2)
  })

  test('in mid-fetch, ten times, is asked again, and what its answers held comes when their leases end', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    const queue = queueName()
    const consumer = await consumerOf(broker, queue, { leaseMs: 1000 })
    for (let round = 0; round < 10; round += 1) {
      proxy.rule = first(1, 'ReceiveMessage', round % 2 === 0 ? 'cut before' : 'cut after')
      const sent = message()
      await broker.publish(queue, [sent])
      await consumer.receive(1).catch((error: unknown) => {
        if (!QueueError.is(error, 'CONNECTION_LOST')) throw error
      })
      const { message: got, receipt } = await one(consumer)
      expect(got.id).toBe(sent.id)
      await consumer.settle([{ receipt, as: 'ack' }])
    }
  })

  test('that cannot be reached is told with its address within the time a call waits', async () => {
    const port = await freePort()
    const { broker } = transportOn(`http://127.0.0.1:${port}`, { recoveryMs: 300 })
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    })
  })
})

test('empty receives do not hide messages that are there', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, messages(15))
  proxy.rule = first(3, 'ReceiveMessage', { reply: () => ({}) })
  const consumer = await consumerOf(broker, queue, { leaseMs: 1000 })
  const found = new Set<string>()
  await until('all 15 come', async () => {
    const got = await consumer.receive(20, { waitMs: 1000 })
    for (const {
      message: { id },
    } of got)
      found.add(id)
    await consumer.settle(got.map(({ receipt }) => ({ receipt, as: 'ack' })))
    return found.size === 15
  })
})

test('a message that SQS hands over twice runs twice at most, and every task is done', async () => {
  const proxy = await proxyTo(server.process())
  const { app, worker } = appOn(proxy.url)
  const runs = new Map<number, number>()
  const task = defineTask<number>('twice')
  // Each message comes once more with a later receive, as from a queue one of whose replicas missed the delete.
  const copied = new Set<unknown>()
  const copies: { readonly MessageId: string }[] = []
  proxy.rule = ({ action, body }) =>
    action !== 'ReceiveMessage'
      ? undefined
      : {
          reply(reply) {
            const own = (reply['Messages'] as typeof copies | undefined) ?? []
            const room = (body['MaxNumberOfMessages'] as number) - own.length
            const given = [...own, ...copies.splice(0, room)]
            copies.push(...own.filter(({ MessageId }) => !copied.has(MessageId)))
            for (const { MessageId } of own) copied.add(MessageId)
            return { Messages: given }
          },
        }
  await worker({ concurrency: 10 })
    .handle(task, (n) => void runs.set(n, (runs.get(n) ?? 0) + 1))
    .start()
  await app.enqueueMany(
    task,
    Array.from({ length: 40 }, (_, n) => n),
  )
  await until('all have run', () => runs.size === 40)
  await until('a copy ran', () => [...runs.values()].includes(2))
  await until('all are settled', async () => {
    const { ready, leased = 0 } = await app.queues.inspect('default')
    return ready + leased === 0
  })
  expect(Math.max(...runs.values())).toBe(2)
})

describe('credentials', () => {
  test.each(['ExpiredTokenException', 'InvalidClientTokenId', 'AccessDeniedException'])(
    '%s is DENIED at once, after one call',
    async (type) => {
      const proxy = await proxyTo(server.process())
      const { broker } = transportOn(proxy.url)
      proxy.rule = () => ({ status: 403, type })
      await expect(broker.publish('q', [message()])).rejects.toMatchObject({
        code: 'DENIED',
        retryable: false,
      })
      expect(proxy.calls.length).toBeLessThanOrEqual(2)
    },
  )

  test('that may not list queues, but may do the rest, are good', async () => {
    const proxy = await proxyTo(server.process())
    const { broker } = transportOn(proxy.url)
    proxy.rule = ({ action }) =>
      action === 'ListQueues' ? { status: 403, type: 'AccessDeniedException' } : undefined
    expect(await broker.publish(queueName(), [message()])).toEqual([])
  })

  test('that lack a permission on one queue are told by its name, and work on others goes on', async () => {
    const proxy = await proxyTo(server.process())
    const { app, worker, errors } = appOn(proxy.url)
    const [allowed, refused] = [queueName(), queueName()]
    const task = defineTask<number>('permitted')
    const done: number[] = []
    await app.enqueue(task, 1, { queue: refused }) // so that both are there
    proxy.rule = ({ action, body }) =>
      /SendMessage|ReceiveMessage/.test(action) && String(body['QueueUrl']).endsWith(refused)
        ? { status: 403, type: 'AccessDeniedException' }
        : undefined
    await worker({ queues: [refused, allowed] })
      .handle(task, (n) => void done.push(n))
      .start()
    await app.enqueueMany(task, [2, 3, 4], { queue: allowed })
    await until('the others have run', () => done.length === 3)
    await until('the worker met it five times', () => errors.length >= 5)
    const named = { code: 'DENIED', message: expect.stringContaining(`queue bananas-${refused}`) as string }
    for (const error of errors) expect(error).toMatchObject(named)
    await expect(app.enqueue(task, 5, { queue: refused })).rejects.toMatchObject(named)
    const refusals = (): number =>
      proxy.calls.filter(({ body }) => String(body['QueueUrl']).endsWith(refused)).length
    const before = refusals()
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect(refusals() - before).toBeLessThanOrEqual(5)
    proxy.rule = () => undefined
    await until('the task that was refused to the worker has run', () => done.includes(1))
  })

  test('that expire under a worker make it ask ever more slowly, and go on when they are renewed', async () => {
    const proxy = await proxyTo(server.process())
    const { app, worker, errors } = appOn(proxy.url)
    const task = defineTask<number, number>('renewed')
    const done: number[] = []
    const queue = queueName()
    await worker({ queues: [queue] })
      .handle(task, (n) => (done.push(n), n))
      .start()
    await until('the worker asks', () => proxy.count('ReceiveMessage') > 0)
    proxy.rule = ({ action }) =>
      action === 'ReceiveMessage' ? { status: 400, type: 'ExpiredTokenException' } : undefined
    await app.enqueue(task, 0, { queue })
    await until('the worker met it four times', () => errors.length >= 4)
    expect(errors.every(({ code }) => code === 'DENIED')).toBe(true)
    const calls = proxy.count('ReceiveMessage')
    expect(calls).toBeLessThanOrEqual(errors.length + 3)
    proxy.rule = () => undefined
    await app.enqueue(task, 1, { queue })
    await until('both are done', () => done.length === 2)
  })
})

test('a server that freezes with work in flight loses none of it', async () => {
  const { worker, errors } = appOn(server.process().url, { commandMs: 1000, recoveryMs: 2000 })
  const { app } = appOn(server.process().url)
  const task = defineTask<number>('frozen')
  const queue = queueName()
  const done = new Set<number>()
  await worker({ queues: [queue], concurrency: 5, lease: '2s' })
    .handle(task, async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      done.add(n)
    })
    .start()
  await app.enqueueMany(
    task,
    Array.from({ length: 30 }, (_, n) => n),
    { queue },
  )
  await until('some are done', () => done.size >= 5)
  server.process().signal('SIGSTOP')
  try {
    await until('the worker notices', () => errors.some(({ code }) => code === 'CONNECTION_LOST'))
  } finally {
    server.process().signal('SIGCONT')
  }
  await until('all are done', () => done.size === 30, 60_000)
})

test('a server that dies and comes back with its data loses nothing, not even what was given back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bananas-sqs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const own = await startSqsProcess(folder)
  onTestFinished(() => own.stop())
  const { worker } = appOn(own.url, { commandMs: 2000 })
  const { app } = appOn(own.url)
  const task = defineTask<number>('survives')
  const queue = queueName()
  const done = new Set<number>()
  const numbers = Array.from({ length: 60 }, (_, n) => n)
  await app.enqueueMany(task, numbers, { queue })
  const { broker } = transportOn(own.url)
  const consumer = await consumerOf(broker, queue)
  const [released] = await take(consumer, 1)
  await consumer.settle([{ receipt: released!.receipt, as: 'release' }])
  await worker({ queues: [queue], concurrency: 5, lease: '2s' })
    .handle(task, async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      done.add(n)
    })
    .start()
  await until('some are done', () => done.size >= 5)
  await own.kill()
  await own.start()
  await until('all are done', () => done.size === numbers.length, 60_000)
})

test('while the server is away, messages wait, and are sent once when it is back', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, [message()])
  proxy.rule = () => 'cut before'
  await expect(broker.publish(queue, [message()])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  const sent = proxy.count('SendMessageBatch')
  const waiting = Promise.all(Array.from({ length: 20 }, () => broker.publish(queue, [message()])))
  await until('somebody asks whether it is back', () => proxy.count('ListQueues') >= 3)
  expect(proxy.count('SendMessageBatch')).toBe(sent)
  proxy.rule = () => undefined
  expect((await waiting).flat()).toEqual([])
  expect(proxy.count('SendMessageBatch')).toBe(sent + 20)
  await take(await consumerOf(broker, queue), 21)
})

test('a network that breaks under messages alone breaks few of those that are sent after the first', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url)
  const queue = queueName()
  await broker.publish(queue, [message()])
  const breaks = (call: { readonly action: string }): 'cut before' | undefined =>
    call.action === 'SendMessageBatch' ? 'cut before' : undefined
  proxy.rule = breaks
  expect(await broker.publish(queue, messages(50)).catch(() => 'all')).toBe('all')
  const before = proxy.count('SendMessageBatch')
  const sending = broker.publish(queue, messages(150))
  await until('one was sent', () => proxy.count('SendMessageBatch') > before)
  proxy.rule = () => undefined
  const failures = await sending
  expect(failures.length).toBeLessThanOrEqual(20)
  await take(await consumerOf(broker, queue), 151 - failures.length)
})

test('while the server stays away, messages are refused after recoveryMs', async () => {
  const proxy = await proxyTo(server.process())
  const { broker } = transportOn(proxy.url, { recoveryMs: 500 })
  const queue = queueName()
  await broker.publish(queue, [message()])
  proxy.rule = () => 'cut before'
  for (let round = 0; round < 2; round += 1) {
    await expect(broker.publish(queue, [message()])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  }
  expect(proxy.count('SendMessageBatch')).toBe(2)
})
