import type { Role } from '../case.ts'
import type { Payload } from '../payload.ts'

export interface SystemOptions {
  readonly queue: string
  /** Keep what handlers return, so that it can be waited for or read later. */
  readonly results: boolean
}

/** What a measured library or driver must be able to do. Connected when handed out. */
export interface QueueSystem {
  /** Resolves once the task is stored. */
  add(task: Payload): Promise<void>
  /** Resolves once all are stored, in one call where the library has one. */
  addBulk(tasks: readonly Payload[]): Promise<void>
  /** Begins to consume; each task is leased before and acknowledged after `handler`, whose value is the result. */
  work(concurrency: number, handler: (task: Payload) => number | undefined): Promise<void>
  /** Tasks not acknowledged yet, waiting or leased. */
  pending(): Promise<number>
  /** Enqueues and resolves with what the handler returned. Present where results can be waited for. */
  addAndWait?(task: Payload): Promise<unknown>
  close(): Promise<void>
}

export interface QueueSystemKind {
  readonly name: string
  readonly role: Role
  readonly canWait: boolean
  open(options: SystemOptions): Promise<QueueSystem>
  /** Removes everything an earlier round stored. */
  clear(): Promise<void>
}
