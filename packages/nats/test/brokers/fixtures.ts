import { Bananas } from '@bananasjs/core'
import type { QueueError, Worker, WorkerOptions } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'
import { connect } from '@nats-io/transport-node'
import { onTestFinished } from 'vitest'
import { nats } from '../../src/index.ts'
import type { NatsOptions, NatsTransport } from '../../src/index.ts'
import { startNatsProcess } from './nats-process.ts'
import type { NatsProcess, NatsProcessOptions } from './nats-process.ts'

export { until } from '../../../../tests/until.ts'

/** A server for one test, gone when it ends. */
export async function server(options: NatsProcessOptions = {}): Promise<NatsProcess> {
  const process = await startNatsProcess(options)
  onTestFinished(() => process.stop())
  return process
}

type Address = string | readonly string[]

export function transportOn(url: Address, options: Omit<NatsOptions, 'url'> = {}): NatsTransport {
  const transport = nats({ url, ...options })
  onTestFinished(async () => {
    await Promise.all([transport.broker.close(), transport.results.close(), transport.channel.close()])
  })
  return transport
}

export interface TestApp {
  readonly app: Bananas
  readonly transport: NatsTransport
  /** What workers met and dealt with. */
  readonly errors: QueueError[]
  readonly worker: (options?: WorkerOptions) => Worker
}

export function appOn(url: Address, options: Omit<NatsOptions, 'url'> = {}): TestApp {
  const transport = nats({ url, ...options })
  const app = new Bananas({ transport })
  const errors: QueueError[] = []
  onTestFinished(() => app.close())
  const worker = (given: WorkerOptions = {}): Worker =>
    app.worker({ drain: 200, onError: (error) => errors.push(error), ...given })
  return { app, transport, errors, worker }
}

/** A plain client, for looking and for breaking things. */
export async function admin(url: string): Promise<Admin> {
  const connection = await connect({ servers: url })
  onTestFinished(() => connection.close())
  return {
    async api(path, body = {}) {
      const answer = await connection.request(`$JS.API.${path}`, JSON.stringify(body), { timeout: 30_000 })
      return answer.json()
    },
  }
}

export interface Admin {
  /** One request of JetStream's own API. */
  readonly api: <T = unknown>(path: string, body?: unknown) => Promise<T>
}

let made = 0

export function message(wanted: Partial<Message> = {}): Message {
  made += 1
  return { id: `m${made}`, headers: {}, body: Buffer.from(`${made}`), priority: 50, delayMs: 0, ...wanted }
}
