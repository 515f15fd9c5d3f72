import type { EnqueueRequest } from './enqueue-options.ts'
import type { TaskContext } from './task-context.ts'

/** What a worker shows to plugins. */
export interface WorkerLifecycle {
  readonly id: string
  readonly queues: readonly string[]
  concurrency: number
  pause(): void
  resume(): void
}

/**
 * A layer of the onion around every enqueue and every run; the first plugin is the outermost.
 * Workflow, limits, chaos and tracing are made of this and nothing else.
 */
export interface Plugin {
  readonly name: string
  /** Around sending. Change the request, answer with another id, or throw instead of calling `next`. Resolves with the task's id. */
  enqueue?(request: EnqueueRequest, next: (request: EnqueueRequest) => Promise<Enqueued>): Promise<Enqueued>
  /** Around the handler. What it returns is the result; what it throws is the failure. */
  execute?(context: TaskContext, next: () => Promise<unknown>): Promise<unknown>
  /** When a worker starts; what it returns runs when the worker has stopped. */
  worker?(worker: WorkerLifecycle): void | (() => void | Promise<void>)
}

export interface Enqueued {
  readonly id: string
  /** True when `unique` found the task already there: `id` is the earlier one's. */
  readonly duplicate: boolean
}
