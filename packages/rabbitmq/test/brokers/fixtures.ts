import { Bananas } from '@bananasjs/core'
import type { QueueError, Worker, WorkerOptions } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import { connect } from 'amqplib'
import type { Channel } from 'amqplib'
import { onTestFinished } from 'vitest'
import { rabbitmq } from '../../src/index.ts'
import type { RabbitmqOptions, RabbitmqTransport } from '../../src/index.ts'
import { startRabbitmqProcess } from './rabbitmq-process.ts'
import type { RabbitmqProcess } from './rabbitmq-process.ts'

export { until } from '../../../../tests/until.ts'

/** A server for one test, gone when it ends. */
export async function server(config: readonly string[] = []): Promise<RabbitmqProcess> {
  const process = await startRabbitmqProcess({ config })
  onTestFinished(() => process.stop())
  return process
}

export function transportOn(url: string, options: Omit<RabbitmqOptions, 'url'> = {}): RabbitmqTransport {
  const transport = rabbitmq(url, options)
  onTestFinished(async () => {
    await Promise.all([transport.broker.close(), transport.channel.close()])
  })
  return transport
}

export interface TestApp {
  readonly app: Bananas
  readonly transport: RabbitmqTransport
  /** What workers met and dealt with. */
  readonly errors: QueueError[]
  readonly worker: (options?: WorkerOptions) => Worker
}

/** Results in memory: producers and workers of these tests are one process. */
export function appOn(url: string | readonly string[], options: Omit<RabbitmqOptions, 'url'> = {}): TestApp {
  const transport = rabbitmq({ ...options, url })
  const { results } = memory()
  const app = new Bananas({ transport, ...(results && { results }) })
  const errors: QueueError[] = []
  onTestFinished(() => app.close())
  const worker = (given: WorkerOptions = {}): Worker =>
    app.worker({ drain: 200, onError: (error) => errors.push(error), ...given })
  return { app, transport, errors, worker }
}

/** A plain channel, for looking and for breaking things. */
export async function admin(url: string): Promise<Channel> {
  const connection = await connect(url)
  connection.on('error', () => undefined)
  onTestFinished(() => connection.close().catch(() => undefined))
  const channel = await connection.createChannel()
  channel.on('error', () => undefined)
  return channel
}

let made = 0

export function message(wanted: Partial<Message> = {}): Message {
  made += 1
  return { id: `m${made}`, headers: {}, body: Buffer.from(`${made}`), priority: 50, delayMs: 0, ...wanted }
}
