import type { QueueError } from '../errors.ts'

/** One element of a batch that failed. Batches answer with the failures alone: `[]` means all is well. */
export interface Failure {
  /** Position in the array that was passed in. */
  readonly index: number
  readonly error: QueueError
}

/** Every wait takes a signal; an abort rejects with `signal.reason`, untouched. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** Something that holds connections or files. */
export interface Resource extends AsyncDisposable {
  /**
   * Connects and checks. Idempotent and safe to call concurrently; resolves when the resource is usable.
   * May narrow `supports` after asking the server, never widen it.
   * @throws QueueError CONNECTION_LOST when the server cannot be reached, DENIED when it refuses the credentials.
   */
  open(options?: Abortable): Promise<void>
  /** Idempotent; closes what this resource opened, not a client that was handed in. Later calls reject with CLOSED. */
  close(): Promise<void>
}
