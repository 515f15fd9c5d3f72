import type { Failure } from '../contract/failure.ts'
import type { Headers } from '../contract/message.ts'
import type { ResultBackend } from '../contract/result-backend.ts'
import type { Serializer } from '../contract/serializer.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Duration } from './duration.ts'
import type { EnqueueRequest, NamedInput } from './enqueue-options.ts'
import type { ErrorRecord } from './error-record.ts'
import type { TaskContext } from './task-context.ts'

/** What a worker shows to plugins. */
export interface WorkerLifecycle {
  readonly id: string
  readonly queues: readonly string[]
  concurrency: number
  pause(): void
  resume(): void
}

/** What an application lets its plugins use. Opened on first use, like the application itself. */
export interface PluginHost {
  /** Begins the names of coordination keys. */
  readonly namespace: string
  readonly results: ResultBackend | undefined
  readonly runtime: Runtime
  /** Writes bodies. */
  readonly serializer: Serializer
  /** Reads bodies. @throws QueueError UNDECODABLE for a content type nobody was plugged in for */
  serializerFor(contentType: string): Serializer
  /** Through every plugin's `enqueue`, in batches like any other. */
  enqueue(request: EnqueueRequest): Promise<Enqueued>
  /**
   * One task with many inputs, each under an id of its own: what their options decide is made once. Each for itself:
   * answers with those that were not sent, by position. @throws QueueError what concerns all of them
   */
  enqueueMany(
    request: Omit<EnqueueRequest, 'input'>,
    members: readonly NamedInput[],
  ): Promise<readonly Failure[]>
  /** Writes the final state `cancelled` for what has none, and aborts what runs. */
  revoke(ids: readonly string[], reason?: string): Promise<void>
  /** Waits for what a task returned. @throws QueueError as `Job.result` */
  result(
    id: string,
    options?: { readonly timeout?: Duration; readonly signal?: AbortSignal },
  ): Promise<unknown>
  /** Before `results` is called: connects once. Rejects with CLOSED after `close`. */
  ready(): Promise<void>
}

/** A task that will not run again, whatever ended it. */
export interface EndedTask {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly headers: Headers
  readonly attempt: number
  /** Above 1: it was handed over before, so whatever follows from its end may have happened already. */
  readonly deliveries: number
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'expired'
  /** What the handler returned, when it succeeded. The stored result stands if an earlier run stored another. */
  readonly output?: unknown
  /** Why it failed, when it did. */
  readonly error?: ErrorRecord
}

/**
 * A layer of the onion around every enqueue and every run; the first plugin is the outermost.
 * Workflow, limits, chaos and tracing are made of this and nothing else.
 */
export interface Plugin {
  readonly name: string
  /** Once, when the application is made. */
  attach?(host: PluginHost): void
  /** Around sending. Change the request, answer with another id, or throw instead of calling `next`. Resolves with the task's id. */
  enqueue?(request: EnqueueRequest, next: (request: EnqueueRequest) => Promise<Enqueued>): Promise<Enqueued>
  /**
   * Around the check of the input and the handler. What it returns is the result; what it throws is the failure.
   * `next({ input })` hands on another input than the message holds.
   */
  execute?(
    context: TaskContext,
    next: (instead?: { readonly input: unknown }) => Promise<unknown>,
  ): Promise<unknown>
  /**
   * Of every task that ended for good, whether it succeeded, failed, expired, was revoked, discarded, unreadable,
   * unknown or poison: called with all that ended in one turn, after their results are stored and before their messages
   * are settled. While it rejects with a retryable error it is called again; after any other rejection nothing of the
   * batch is settled, so that the tasks come again. It may see one end more than once.
   */
  finish?(ended: readonly EndedTask[]): Promise<void>
  /** When a worker starts; what it returns runs when the worker has stopped. */
  worker?(worker: WorkerLifecycle): void | (() => void | Promise<void>)
}

export interface Enqueued {
  readonly id: string
  /** True when `unique` found the task already there: `id` is the earlier one's. */
  readonly duplicate: boolean
}
