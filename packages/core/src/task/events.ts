import type { ErrorRecord } from './error-record.ts'

/** Everything that can be seen from outside. `at` is epoch ms by the sender's clock. */
export type QueueEvent = TaskEvent | WorkerEvent

export type TaskEventType =
  | 'task.sent'
  | 'task.received'
  | 'task.started'
  | 'task.progress'
  | 'task.succeeded'
  | 'task.failed'
  | 'task.retried'
  | 'task.dead'
  | 'task.revoked'
  | 'task.expired'
  | 'task.throttled'
  | 'task.log'

export interface TaskEvent extends EventOrigin {
  readonly type: TaskEventType
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly attempt?: number
  /** Milliseconds in the handler. */
  readonly runMs?: number
  /** Milliseconds until the next attempt. */
  readonly delayMs?: number
  readonly progress?: number
  readonly note?: string
  readonly reason?: string
  readonly error?: ErrorRecord
}

export interface WorkerEvent extends EventOrigin {
  readonly type: 'worker.online' | 'worker.heartbeat' | 'worker.offline'
  readonly host: string
  readonly pid: number
  readonly queues: readonly string[]
  readonly concurrency: number
  readonly active: number
  readonly rssBytes: number
  /** Processor time used by the process so far, user and system. */
  readonly cpuMs: number
}

export interface EventOrigin {
  readonly at: number
  /** Worker or client that sent it. */
  readonly source: string
  /** Counts up by one per source, so that a gap shows a loss. */
  readonly seq: number
}

type WithoutOrigin<E> = E extends QueueEvent ? Omit<E, keyof EventOrigin> : never
export type EventBody = WithoutOrigin<QueueEvent>
