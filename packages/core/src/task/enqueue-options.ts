import type { Headers } from '../contract/message.ts'
import type { Duration } from './duration.ts'
import type { Task } from './define-task.ts'

export interface EnqueueOptions {
  /** Not before this long from now, by the broker's clock. */
  readonly delay?: Duration
  /** Not before this moment, by this machine's clock. Not together with `delay`. */
  readonly at?: Date | number
  /** Not started after this long from now (or this moment): it then ends as `expired`. */
  readonly expires?: Duration | Date
  readonly queue?: string
  /** 0 (last) to 100 (first). */
  readonly priority?: number
  readonly unique?: UniqueOptions
  /** Your own id, as idempotency key; at most 255 bytes. Default: a UUIDv7. */
  readonly id?: string
  /** First-in-first-out key, where the broker supports ordering. */
  readonly group?: string
  readonly timeout?: Duration
  /** Retries after the first attempt, in place of the task's own limit. */
  readonly retryLimit?: number
  readonly ignoreResult?: boolean
  /** Travel verbatim, across retries too. */
  readonly headers?: Headers
  /** Shown in events and lists in place of the task's name. */
  readonly shadow?: string
  /** Name of a plugin that must have a hand in the run: a worker without it gives the task back, as one it does not know. */
  readonly needs?: string
  readonly parentId?: string
  readonly rootId?: string
  /** Ends the wait. What was on its way by then may be stored or not. */
  readonly signal?: AbortSignal
}

export interface UniqueOptions {
  /** What makes two tasks of one name the same. Default: the encoded input. */
  readonly key?: string
  /** The second one is refused (CONFLICT), takes the place of an unstarted first, or is answered with the first's handle. Default `'keep-first'`. */
  readonly mode?: 'reject' | 'replace' | 'keep-first'
  /** Holds until the first starts or has finished. Default `'finished'`, unless `for` is given. */
  readonly until?: 'started' | 'finished'
  /** Holds for a time, whatever becomes of the first. With `until`: at most so long. Default bound: 1 day beyond the delay. */
  readonly for?: Duration
}

/** Every option there is; another one is a slip, and refused. */
export const ENQUEUE_OPTIONS: Readonly<Record<keyof EnqueueOptions, true>> = {
  delay: true,
  at: true,
  expires: true,
  queue: true,
  priority: true,
  unique: true,
  id: true,
  group: true,
  timeout: true,
  retryLimit: true,
  ignoreResult: true,
  headers: true,
  shadow: true,
  needs: true,
  parentId: true,
  rootId: true,
  signal: true,
}

export const UNIQUE_OPTIONS: Readonly<Record<keyof UniqueOptions, true>> = {
  key: true,
  mode: true,
  until: true,
  for: true,
}

/** An input and the id of the task that is given it. */
export interface NamedInput {
  readonly id: string
  readonly input: unknown
}

/** One enqueue on its way through the plugins. */
export interface EnqueueRequest {
  readonly task: Task<unknown, unknown, unknown>
  readonly input: unknown
  readonly options: EnqueueOptions
}
