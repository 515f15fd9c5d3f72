import { Bananas, defineTask } from '@bananasjs/core'
import type { QueueError, Task, TaskContext, Worker, WorkerOptions } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { Delivery, Transport } from '@bananasjs/core/contract'
import { onTestFinished } from 'vitest'
import { ChaosController } from '../../src/index.ts'
import type { MemoryOptions } from '@bananasjs/core/memory'
import type { ChaosControllerOptions, Fault, Injection } from '../../src/index.ts'

export { until } from '../../../../tests/until.ts'

type NarrowedSupports = NonNullable<MemoryOptions['supports']>

export interface Stage {
  readonly chaos: ChaosController
  /** Under faults. */
  readonly transport: Transport
  /** The same store without any. */
  readonly plain: Transport
  readonly arm: (fault: Fault, forMs?: number) => Injection
}

/** @param supports what the broker under faults is without */
export function stage(options: Partial<ChaosControllerOptions> = {}, supports: NarrowedSupports = {}): Stage {
  const store = memoryStore()
  const chaos = new ChaosController({ enabled: true, ...options })
  onTestFinished(() => chaos.calm())
  return {
    chaos,
    transport: chaos.transport(memory({ store, supports })),
    plain: memory({ store }),
    arm: (fault, forMs = 60_000) => chaos.arm(fault, { forMs }),
  }
}

/** As of RabbitMQ: a lease is as long as its connection. */
export const LEASED_TO_CONNECTION: NarrowedSupports = {
  release: 'counted',
  lease: { renewable: false, shared: false },
}

export const echo: Task<string, string> = defineTask<string, string>('echo', {
  retry: { limit: 3, delay: 5, backoff: 'fixed' },
})

export interface App {
  readonly app: Bananas
  readonly worker: Worker
  readonly errors: QueueError[]
  /** Contexts of the runs, in order of their start. */
  readonly runs: TaskContext[]
}

/** A worker under faults, and an application that is not. */
export async function echoing(on: Stage, options: WorkerOptions = {}): Promise<App> {
  const runs: TaskContext[] = []
  const errors: QueueError[] = []
  const working = new Bananas({
    transport: on.transport,
    plugins: [on.chaos.plugin],
    runtime: on.chaos.skewed,
  })
  const app = new Bananas({ transport: on.plain })
  const worker = working.worker({ drain: 50, onError: (error) => errors.push(error), ...options })
  worker.handle(echo, (text, context) => {
    runs.push(context)
    return text
  })
  onTestFinished(async () => {
    await on.chaos.calm()
    await working.close()
    await app.close()
  })
  await worker.start()
  return { app, worker, errors, runs }
}

let made = 0

export function message(body = 'hello', id?: string): Parameters<Transport['broker']['publish']>[1][number] {
  made += 1
  return {
    id: id ?? `m${made}`,
    headers: { 'bananas-task': 'echo' },
    body: Buffer.from(body),
    priority: 50,
    delayMs: 0,
  }
}

/** What lies in the queue, taken out. */
export async function drain({ broker }: Transport, queue = 'q'): Promise<readonly Delivery[]> {
  const consumer = await broker.consume(queue, { leaseMs: 60_000, prefetch: 1000 })
  const taken = await consumer.receive(1000)
  await consumer.settle(taken.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
  await consumer.close()
  return taken
}
