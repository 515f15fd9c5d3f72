import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
} from '@aws-sdk/client-sqs'
import { defineTask } from '@bananasjs/core'
import { describe, expect, test } from 'vitest'
import {
  admin,
  appOn,
  consumerOf,
  emulator,
  message,
  one,
  proxyTo,
  queueName,
  transportOn,
} from './fixtures.ts'

const server = emulator()

describe('queues that are made', () => {
  test('keep messages for 14 days, which is longer than SQS does by itself', async () => {
    const { url } = server.process()
    const { broker } = transportOn(url, { prefix: 'kept-' })
    await broker.publish('mail', [message()])
    expect(await attributesOf(url, 'kept-mail')).toMatchObject({ MessageRetentionPeriod: '1209600' })
  })

  test('get a redrive policy where it is asked for, and the queue it names', async () => {
    const { url } = server.process()
    const { broker } = transportOn(url, { prefix: 'redrive-', maxReceiveCount: 1000 })
    await broker.publish('mail', [message()])
    const { RedrivePolicy } = await attributesOf(url, 'redrive-mail')
    expect(JSON.parse(RedrivePolicy!)).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:redrive-mail_dlq',
      maxReceiveCount: 1000,
    })
  })

  test('are made anew, with a message or a consumer, when somebody deletes them', async () => {
    const { url } = server.process()
    const { broker } = transportOn(url, { prefix: 'gone-' })
    const consumer = await consumerOf(broker, 'mail')
    const remove = new DeleteQueueCommand({ QueueUrl: `${url}/000000000000/gone-mail` })
    await admin(url).send(remove)
    expect(await broker.publish('mail', [message()])).toEqual([])
    await one(consumer)
    await admin(url).send(remove)
    expect(await consumer.receive(1)).toEqual([])
    await broker.publish('mail', [message()])
    await one(consumer)
  })

  test('are listed by the names users gave them, long ones and odd ones, without those of dead letters', async () => {
    const { broker } = transportOn(server.process().url, { prefix: 'list-' })
    const names = ['mail', 'a/b c', '🍌'.repeat(60), 'x'.repeat(255)].toSorted()
    for (const name of names) await broker.publish(name, [message()])
    const consumer = await consumerOf(broker, 'mail')
    await consumer.settle([{ receipt: (await one(consumer)).receipt, as: 'deadLetter', reason: 'broken' }])
    expect(await broker.queues!()).toEqual(names)
    expect(await transportOn(server.process().url, { prefix: 'list-', fifo: true }).broker.queues!()).toEqual(
      [],
    )
  })
})

describe('with creation off', () => {
  test('a missing queue is refused by name, and nothing is made', async () => {
    const { url } = server.process()
    const { broker } = transportOn(url, { prefix: 'strict-', create: false })
    for (const act of [
      () => broker.publish('mail', [message()]),
      () => broker.consume('mail', { leaseMs: 5000, prefetch: 1 }),
    ]) {
      await expect(act()).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringMatching(/queue "mail" is missing.*strict-mail/) as string,
      })
    }
    expect(await broker.inspect!('mail')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 })
    const { QueueUrls } = await admin(url).send(new ListQueuesCommand({ QueueNamePrefix: 'strict-' }))
    expect(QueueUrls ?? []).toEqual([])
  })

  test('a queue that is there is used as it is, under its own name', async () => {
    const { url } = server.process()
    await admin(url).send(new CreateQueueCommand({ QueueName: 'theirs' }))
    const { broker } = transportOn(url, { prefix: '', create: false })
    const sent = message()
    await broker.publish('theirs', [sent])
    const consumer = await consumerOf(broker, 'theirs')
    const { message: got, receipt } = await one(consumer)
    expect(got.id).toBe(sent.id)
    const dying = consumer.settle([{ receipt, as: 'deadLetter', reason: 'broken' }])
    await expect(dying).rejects.toThrow(/theirs_dlq/)
  })
})

describe('a diagnosis', () => {
  test('of queues as they are made here has nothing to say', async () => {
    const transport = transportOn(server.process().url, { prefix: 'well-', maxReceiveCount: 1000 })
    await transport.broker.publish('mail', [message()])
    const found = await transport.diagnose()
    expect(found.map(({ level }) => level)).toEqual(found.map(() => 'ok'))
    expect(found.find(({ check }) => check === 'queues')?.found).toBe(
      '1 standard queues that begin with "well-"',
    )
  })

  test('names each queue that forgets, refuses, buries or delays too soon, and what to do', async () => {
    const { url } = server.process()
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:ill-mail_dlq'
    await admin(url).send(new CreateQueueCommand({ QueueName: 'ill-mail_dlq' }))
    const Attributes = {
      MessageRetentionPeriod: '3600',
      MaximumMessageSize: '2048',
      DelaySeconds: '5',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: '3' }),
    }
    await admin(url).send(new CreateQueueCommand({ QueueName: 'ill-mail', Attributes }))
    const found = await transportOn(url, { prefix: 'ill-' }).diagnose()
    const warnings = found.filter(({ level }) => level === 'warning')
    expect(warnings.map(({ check }) => check)).toEqual([
      'retention',
      'message size',
      'redrive policy',
      'delay',
    ])
    for (const { found: text, fix } of warnings) {
      expect(text).toContain('"mail"')
      expect(fix).toBeDefined()
    }
  })

  test('by credentials that may not list says so, and by wrong ones is DENIED', async () => {
    const proxy = await proxyTo(server.process())
    proxy.rule = () => ({ status: 403, type: 'AccessDeniedException' })
    const [connection, ...rest] = await transportOn(proxy.url).diagnose()
    expect([connection!.level, rest]).toEqual(['warning', []])
    proxy.rule = () => ({ status: 403, type: 'InvalidClientTokenId' })
    await expect(transportOn(proxy.url).diagnose()).rejects.toMatchObject({ code: 'DENIED' })
  })
})

test('a delay of a day goes by hops of 15 minutes at most, and one of 900 s is kept whole', async () => {
  const proxy = await proxyTo(server.process())
  const { app } = appOn(proxy.url)
  const queue = queueName()
  await app.enqueue(defineTask<number>('later'), 1, { queue, delay: '1d' })
  const delays = proxy.calls.flatMap(
    ({ body }) => body.Entries?.map(({ DelaySeconds }) => DelaySeconds) ?? [],
  )
  expect(delays).toEqual([900])
  const { broker } = transportOn(proxy.url)
  const failures = await broker.publish(queue, [message({ delayMs: 900_000 }), message({ delayMs: 900_001 })])
  expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[1, 'UNSUPPORTED']])
})

test('a header names the key by which SQS is fair on standard queues', async () => {
  const proxy = await proxyTo(server.process())
  const { app } = appOn(proxy.url, { fairHeader: 'tenant' })
  const task = defineTask<number>('fair')
  await app.enqueue(task, 1, { headers: { tenant: 'acme' } })
  await app.enqueue(task, 2, { headers: { tenant: 'Ünïted & Söns' } })
  await app.enqueue(task, 3)
  const groups = proxy.calls.flatMap(
    ({ body }) => body.Entries?.map(({ MessageGroupId }) => MessageGroupId) ?? [],
  )
  expect(groups).toEqual(['acme', expect.stringMatching(/^#[0-9a-f]{64}$/), undefined])
})

async function attributesOf(url: string, name: string): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: `${url}/000000000000/${name}`,
    AttributeNames: ['All'],
  })
  return (await admin(url).send(command)).Attributes ?? {}
}
