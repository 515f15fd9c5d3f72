import { SQSClient } from '@aws-sdk/client-sqs'
import { Bananas } from '@bananasjs/core'
import type { BananasOptions, QueueError, Worker, WorkerOptions } from '@bananasjs/core'
import type { Broker, Consumer, ConsumeOptions, Delivery, Message } from '@bananasjs/core/contract'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { until } from '../../../../tests/until.ts'
import { sqs } from '../../src/index.ts'
import type { SqsOptions, SqsTransport } from '../../src/index.ts'
import { startSqsProcess } from './sqs-process.ts'
import type { SqsProcess } from './sqs-process.ts'
import { startSqsProxy } from './sqs-proxy.ts'
import type { SqsProxy } from './sqs-proxy.ts'

export { until }

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

/** An emulator for a file of tests, gone when they end. */
export function emulator(): { readonly process: () => SqsProcess } {
  let running: SqsProcess | undefined
  beforeAll(async () => {
    running = await startSqsProcess()
  })
  afterAll(() => running?.stop())
  return { process: () => running! }
}

/** A proxy for one test, before that emulator. */
export async function proxyTo({ url }: SqsProcess): Promise<SqsProxy> {
  const proxy = await startSqsProxy(url)
  onTestFinished(() => proxy.stop())
  return proxy
}

export function transportOn(url: string, options: Omit<SqsOptions, 'url'> = {}): SqsTransport {
  const transport = sqs(url, { credentials: CREDENTIALS, ...options })
  onTestFinished(() => transport.broker.close())
  return transport
}

/** A plain client, for looking and for breaking things. */
export function admin(url: string): SQSClient {
  const client = new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    useQueueUrlAsEndpoint: false,
  })
  onTestFinished(() => client.destroy())
  return client
}

export interface TestApp {
  readonly app: Bananas
  /** What workers met and dealt with. */
  readonly errors: QueueError[]
  readonly worker: (options?: WorkerOptions) => Worker
}

export function appOn(
  url: string,
  { lanes = 1, results, channel, ...options }: Omit<SqsOptions, 'url'> & Partial<BananasOptions> = {},
): TestApp {
  const app = new Bananas({
    transport: sqs(url, { credentials: CREDENTIALS, ...options }),
    lanes,
    ...(results && { results }),
    ...(channel && { channel }),
  })
  const errors: QueueError[] = []
  onTestFinished(() => app.close())
  const worker = (given: WorkerOptions = {}): Worker =>
    app.worker({ drain: 200, onError: (error) => errors.push(error), ...given })
  return { app, errors, worker }
}

export async function consumerOf(
  broker: Broker,
  queue: string,
  options: Partial<ConsumeOptions> = {},
): Promise<Consumer> {
  const consumer = await broker.consume(queue, { leaseMs: 30_000, prefetch: 100, ...options })
  onTestFinished(() => consumer.close())
  return consumer
}

/** Exactly so many deliveries, or a failure saying how many came. */
export async function take(consumer: Consumer, count: number): Promise<readonly Delivery[]> {
  const found: Delivery[] = []
  await until(`${count} messages come`, async () => {
    found.push(...(await consumer.receive(count - found.length, { waitMs: 1000 })))
    return found.length >= count
  })
  return found
}

export async function one(consumer: Consumer): Promise<Delivery> {
  return (await take(consumer, 1))[0]!
}

let made = 0

export function message(wanted: Partial<Message> = {}): Message {
  made += 1
  return { id: `m${made}`, headers: {}, body: Buffer.from(`${made}`), priority: 50, delayMs: 0, ...wanted }
}

export function messages(count: number): readonly Message[] {
  return Array.from({ length: count }, () => message())
}

/** A name that no other test uses. */
export function queueName(): string {
  made += 1
  return `q${made}`
}
