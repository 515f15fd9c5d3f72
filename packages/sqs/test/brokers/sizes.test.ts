import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueueError } from '@bananasjs/core/contract'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileBlobs } from '../../src/index.ts'
import type { BlobStore } from '../../src/index.ts'
import { encodeEnvelope } from '../../src/sqs-envelope.ts'
import { admin, consumerOf, emulator, message, one, queueName, take, transportOn, until } from './fixtures.ts'

const server = emulator()
const MIB = 1024 * 1024
const OLD_QUEUE = 256 * 1024

async function blobFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bananas-blobs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A body of text that makes its message exactly so many bytes long. */
function filling(id: string, bytes: number): Buffer {
  const empty = encodeEnvelope({ message: { ...message({ id }), body: Buffer.alloc(0) }, deliveries: 0 }, MIB)
  return Buffer.alloc(bytes - Buffer.byteLength(empty), 'x')
}

describe('what a queue takes', () => {
  test('up to maxMessageBytes every message passes, whatever its bytes; one byte more is TOO_LARGE', async () => {
    const { broker } = transportOn(server.process().url)
    const { maxMessageBytes } = broker.supports
    const queue = queueName()
    const body = Uint8Array.from({ length: maxMessageBytes - 2 }, (_, index) => (index * 31) % 251)
    const more = Buffer.concat([body, Buffer.of(1)])
    const failures = await broker.publish(queue, [message({ body }), message({ body: more })])
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[1, 'TOO_LARGE']])
    const consumer = await consumerOf(broker, queue)
    const { message: got, receipt } = await one(consumer)
    expect(Buffer.compare(got.body, body)).toBe(0)
    // Room for the reason of a dead letter, too.
    expect(await consumer.settle([{ receipt, as: 'deadLetter', reason: 'x'.repeat(100_000) }])).toEqual([])
  })

  test('headers alone of that size pass as well, in any script', async () => {
    const { broker } = transportOn(server.process().url)
    const queue = queueName()
    const headers = { long: '🍌'.repeat(190_000) }
    expect(await broker.publish(queue, [message({ headers })])).toEqual([])
    expect((await one(await consumerOf(broker, queue))).message.headers).toEqual(headers)
  })

  test('an old queue takes 256 KiB exactly, and refuses one byte more with the way out', async () => {
    const { url } = server.process()
    await makeOldQueue(url, 'old-mail')
    const { broker } = transportOn(url, { prefix: 'old-' })
    const fits = message({ id: 'fits', body: filling('fits', OLD_QUEUE) })
    const more = message({ id: 'more', body: filling('more', OLD_QUEUE + 1) })
    const failures = await broker.publish('mail', [fits, more])
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[1, 'TOO_LARGE']])
    expect(failures[0]!.error.message).toMatch(/MaximumMessageSize.*blobs/)
    expect((await one(await consumerOf(broker, 'mail'))).message.id).toBe('fits')
  })

  test('ten messages of 200 KiB pass in calls that SQS takes', async () => {
    const { broker } = transportOn(server.process().url)
    const queue = queueName()
    const sent = Array.from({ length: 10 }, () => message({ body: Buffer.alloc(200 * 1024, 'y') }))
    expect(await broker.publish(queue, sent)).toEqual([])
    await take(await consumerOf(broker, queue), 10)
  })
})

describe('the claim check', () => {
  test.each([
    ['one byte above what the queue takes', (id: string) => filling(id, MIB + 1), 1],
    ['exactly what the queue takes', (id: string) => filling(id, MIB), 0],
    [
      '5 MiB of any bytes',
      () => Buffer.from(Uint8Array.from({ length: 5 * MIB }, (_, index) => index % 256)),
      1,
    ],
  ])('with %s: the body comes back whole, and no blob is left behind', async (_, bodyOf, blobsWanted) => {
    const folder = await blobFolder()
    const { broker } = transportOn(server.process().url, { blobs: fileBlobs(folder) })
    const queue = queueName()
    const sent = message({ body: bodyOf(`m-${queue}`), id: `m-${queue}` })
    expect(await broker.publish(queue, [sent])).toEqual([])
    expect(await readdir(folder)).toHaveLength(blobsWanted)
    const consumer = await consumerOf(broker, queue)
    const first = await one(consumer)
    expect(Buffer.compare(first.message.body, sent.body)).toBe(0)
    await consumer.settle([{ receipt: first.receipt, as: 'retry', delayMs: 0, headers: { attempt: '2' } }])
    const second = await one(consumer)
    expect(second.message.headers).toEqual({ attempt: '2' })
    expect(Buffer.compare(second.message.body, sent.body)).toBe(0)
    // With the mark of a retry, what just fitted does not fit any more; what had a blob keeps it.
    expect(await readdir(folder)).toHaveLength(1)
    await consumer.settle([{ receipt: second.receipt, as: 'ack' }])
    await until('the blob is gone', async () => (await readdir(folder)).length === 0)
  })

  test('of a dead letter is kept with it', async () => {
    const folder = await blobFolder()
    const { url } = server.process()
    await makeOldQueue(url, 'claims-mail')
    const { broker } = transportOn(url, { prefix: 'claims-', blobs: fileBlobs(folder) })
    await broker.publish('mail', [message({ body: Buffer.alloc(OLD_QUEUE, 'x') })])
    const consumer = await consumerOf(broker, 'mail')
    await consumer.settle([{ receipt: (await one(consumer)).receipt, as: 'deadLetter', reason: 'broken' }])
    const [key] = await readdir(folder)
    expect(await readFile(join(folder, key!))).toHaveLength(OLD_QUEUE)
  })

  test('whose blob is gone becomes a dead letter that says so, and is not dropped', async () => {
    const folder = await blobFolder()
    const { broker } = transportOn(server.process().url, { blobs: fileBlobs(folder) })
    const queue = queueName()
    await broker.publish(queue, [message({ body: Buffer.alloc(2 * MIB, 'x') })])
    for (const name of await readdir(folder)) await rm(join(folder, name))
    const consumer = await consumerOf(broker, queue)
    expect(await consumer.receive(1, { waitMs: 1000 })).toEqual([])
    await until('it is dead', async () => (await broker.inspect!(queue)).dead === 1)
  })

  test('waits for a blob store that is away: nothing is handed over without its body, and nothing is lost', async () => {
    const folder = await blobFolder()
    const files = fileBlobs(folder)
    let away = false
    const guarded = (): void => {
      if (away) throw new Error('the store is away')
    }
    const blobs: BlobStore = {
      put: async (key, bytes) => (guarded(), files.put(key, bytes)),
      get: async (key) => (guarded(), files.get(key)),
      delete: (key) => files.delete(key),
    }
    const { broker } = transportOn(server.process().url, { blobs })
    const queue = queueName()
    const [large, small] = [message({ body: Buffer.alloc(2 * MIB, 'x') }), message()]
    await broker.publish(queue, [large])
    away = true
    const failures = await broker.publish(queue, [message({ body: Buffer.alloc(2 * MIB, 'x') }), small])
    expect(failures.map(({ index, error }) => [index, error.code, error.retryable])).toEqual([
      [0, 'CONNECTION_LOST', true],
    ])
    const consumer = await consumerOf(broker, queue, { leaseMs: 1000 })
    const found = new Set<string>()
    let refused = 0
    const look = async (): Promise<void> => {
      const got = await consumer.receive(2, { waitMs: 1000 }).catch((error: unknown) => {
        if (!QueueError.is(error, 'CONNECTION_LOST')) throw error
        refused += 1
        return []
      })
      for (const {
        message: { id },
      } of got)
        found.add(id)
      await consumer.settle(got.map(({ receipt }) => ({ receipt, as: 'ack' })))
    }
    await until('the small one came and the large one was held back', async () => {
      await look()
      return found.has(small.id) && refused > 0
    })
    expect([...found]).toEqual([small.id])
    away = false
    await until('the large one came', async () => {
      await look()
      return found.has(large.id)
    })
  })

  test('a file appears whole: a draft under way is no blob', async () => {
    const folder = await blobFolder()
    const blobs = fileBlobs(folder)
    await writeFile(join(folder, 'half.part'), 'half')
    expect(await blobs.get('half')).toBeUndefined()
    await blobs.put('whole', Buffer.from('whole'))
    expect(String(await blobs.get('whole'))).toBe('whole')
    await blobs.delete('whole')
    await blobs.delete('whole')
    expect(await blobs.get('whole')).toBeUndefined()
  })
})

async function makeOldQueue(url: string, name: string): Promise<void> {
  const command = new CreateQueueCommand({
    QueueName: name,
    Attributes: { MaximumMessageSize: String(OLD_QUEUE) },
  })
  await admin(url).send(command)
}
