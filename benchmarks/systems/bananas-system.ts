import { Bananas, defineTask } from '@bananasjs/core'
import type { BananasOptions, Task } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind, SystemOptions } from './queue-system.ts'

export interface BananasKind {
  readonly name: string
  readonly role?: QueueSystemKind['role']
  /** Producer and worker on connections of their own; else one application does both. */
  readonly separate: boolean
  readonly connect: () => Promise<Transport>
  readonly clear: () => Promise<void>
  /** Makes what the queue needs at the server, as the raw driver does before its time is taken. */
  readonly declare?: (transport: Transport, queue: string) => Promise<void>
  /** What else each application is made with. */
  readonly options?: () => Partial<BananasOptions>
  /** In place of the default, where the broker has no priorities. */
  readonly lanes?: 1 | 3
  /** Where the broker cannot count: tasks of a queue that are not acknowledged, as far as can be known. */
  readonly pending?: (queue: string) => Promise<number>
}

/** This project on any transport, with the options a user gets who sets none but the concurrency. */
export function bananasKind(kind: BananasKind): QueueSystemKind {
  const { name, role = 'ours', separate, connect, clear, pending } = kind
  const common = kind.lanes === undefined ? {} : { lanes: kind.lanes }
  return {
    name,
    role,
    canWait: true,
    clear,
    async open(options) {
      const transport = await connect()
      const producer = new Bananas({ transport, ...common, ...kind.options?.() })
      const consumer = separate
        ? new Bananas({ transport: await connect(), ...common, ...kind.options?.() })
        : producer
      try {
        await Promise.all([producer.open(), consumer.open()])
        await kind.declare?.(transport, options.queue)
      } catch (error) {
        await Promise.allSettled([producer.close(), consumer.close()])
        throw error
      }
      return {
        ...bananasSystem(producer, consumer, options),
        ...(pending && { pending: () => pending(options.queue) }),
      }
    },
  }
}

function bananasSystem(producer: Bananas, consumer: Bananas, { queue, results }: SystemOptions): QueueSystem {
  const task: Task<Payload, number | undefined> = defineTask('bench', { queue, ignoreResult: !results })
  return {
    async add(input) {
      await producer.enqueue(task, input)
    },
    async addBulk(inputs) {
      await producer.enqueueMany(task, inputs)
    },
    async addAndWait(input) {
      const job = await producer.enqueue(task, input)
      return job.result()
    },
    async work(concurrency, handler) {
      await consumer
        .worker({ queues: [queue], concurrency })
        .handle(task, handler)
        .start()
    },
    async pending() {
      const { ready, delayed = 0, leased = 0, dead } = await producer.queues.inspect(queue)
      return ready + delayed + leased + dead
    },
    async close() {
      await consumer.close()
      await producer.close()
    },
  }
}
