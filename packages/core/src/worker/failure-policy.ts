import { QueueError } from '../errors.ts'
import type { Task } from '../task/define-task.ts'
import type { Directive } from '../task/directive.ts'
import { errorRecord } from '../task/error-record.ts'
import type { HeldTask } from './held-task.ts'
import { retryDelayMs } from '../task/retry-policy.ts'

/** Input that does not fit or bytes that cannot be read will not fit better later. */
export function isWorthRetrying(error: unknown): boolean {
  return !QueueError.is(error, 'INVALID') && !QueueError.is(error, 'UNDECODABLE')
}

/** A custom backoff is the user's code: when it fails, the exponential wait is taken. */
export function safeDelayMs(
  { retry }: Task<unknown, unknown, unknown>,
  attempt: number,
  error: unknown,
  random: number,
): number {
  try {
    return retryDelayMs(retry, attempt, error, random)
  } catch {
    return retryDelayMs({ ...retry, backoff: 'exponential' }, attempt, error, random)
  }
}

/** Why a task is dead, for people. */
export function deathReason(attempt: number, error: unknown, steer: Directive | undefined): string {
  const { name, message } = errorRecord(error)
  if (steer?.kind === 'discard') return `discarded: ${message}`
  return `failed after ${attempt} attempt${attempt === 1 ? '' : 's'}: ${name}: ${message}`
}

/** Why a task that should go on is dead: its message fills the broker's limit. */
export function tooLarge({ envelope: { attempt } }: HeldTask, error: unknown): string {
  const why = error === undefined ? 'it cannot be handed back' : deathReason(attempt, error, undefined)
  return `${why} (no retry: the message leaves no room for its mark, the broker says it is too large)`
}

/** Whatever a handler throws once its time is over, an AbortError most often, is the timeout; it stays as the cause. */
export function timedOut({ abortReason }: HeldTask, error: unknown): QueueError | undefined {
  if (abortReason?.code !== 'TASK_TIMEOUT' || error === abortReason) return undefined
  return new QueueError('TASK_TIMEOUT', abortReason.message, { cause: error })
}
