import type { Headers } from '../contract/message.ts'
import type { Duration } from './duration.ts'
import type { Directive } from './directive.ts'

/** What a handler knows about its run, and may ask for. May be taken apart: `(input, { signal, progress }) => …`. */
export interface TaskContext {
  readonly id: string
  readonly task: string
  readonly queue: string
  /** 1 = first. A stop or a lost lease uses up none. */
  readonly attempt: number
  /** Hand-overs by the broker, crashes of workers included. */
  readonly deliveries: number
  /** Epoch ms, by the producer's clock. */
  readonly enqueuedAt: number | undefined
  readonly priority: number
  readonly headers: Headers
  readonly rootId: string
  readonly parentId: string | undefined
  readonly worker: string
  /** Aborts on timeout, revocation, lost lease and shutdown; `reason` is a QueueError whose code says which. */
  readonly signal: AbortSignal
  readonly log: TaskLogger
  /** From 0 to 1, with a note. Stored at most four times a second; rejects for values outside. */
  readonly progress: (value: number, note?: string) => Promise<void>
  /** `return context.retry()`: try again later, by the policy or after `delay`. Uses up an attempt. */
  readonly retry: (options?: { readonly delay?: Duration; readonly reason?: string }) => Directive
  /** `return context.postpone('1h')`: not now; uses up no attempt. */
  readonly postpone: (delay: Duration) => Directive
  /** `return context.discard(reason)`: give up at once; the task is dead-lettered. */
  readonly discard: (reason: string) => Directive
}

export interface TaskLogger {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  readonly error: (message: string) => void
}
