import { QueueError } from '../errors.ts'
import type { Task } from '../task/define-task.ts'
import type { Directive } from '../task/directive.ts'
import { errorRecord } from '../task/error-record.ts'
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
