import { Bananas } from '@bananasjs/core'
import type { QueueError, Worker, WorkerOptions } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { redis } from '../../src/index.ts'
import type { RedisOptions, RedisTransport } from '../../src/index.ts'
import { startRedisProcess } from './redis-process.ts'
import type { RedisProcess } from './redis-process.ts'

export { until } from '../../../../tests/until.ts'

/** A server for one test, gone when it ends. */
export async function server(config: readonly string[] = [], port?: number): Promise<RedisProcess> {
  const process = await startRedisProcess(config, port)
  onTestFinished(() => process.stop())
  return process
}

export function transportOn(url: string, options: Omit<RedisOptions, 'url'> = {}): RedisTransport {
  const transport = redis(url, options)
  onTestFinished(async () => {
    await Promise.all([transport.broker.close(), transport.results.close(), transport.channel.close()])
  })
  return transport
}

export interface TestApp {
  readonly app: Bananas
  readonly transport: RedisTransport
  /** What workers met and dealt with. */
  readonly errors: QueueError[]
  readonly worker: (options?: WorkerOptions) => Worker
}

export function appOn(url: string, options: Omit<RedisOptions, 'url'> = {}): TestApp {
  const transport = redis(url, options)
  const app = new Bananas({ transport })
  const errors: QueueError[] = []
  onTestFinished(() => app.close())
  const worker = (given: WorkerOptions = {}): Worker =>
    app.worker({ drain: 200, onError: (error) => errors.push(error), ...given })
  return { app, transport, errors, worker }
}

/** A plain client, for looking and for breaking things. */
export function admin(url: string): Redis {
  const client = new Redis(url)
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return client
}

let made = 0

export function message(wanted: Partial<Message> = {}): Message {
  made += 1
  return { id: `m${made}`, headers: {}, body: Buffer.from(`${made}`), priority: 50, delayMs: 0, ...wanted }
}
