import { QueueError } from '../errors.ts'
import { checkOptions } from './check-options.ts'
import { parseDuration } from './duration.ts'
import type { Duration } from './duration.ts'
import { show } from './show.ts'
import { withDefaults } from './with-defaults.ts'

export interface RetryOptions {
  /** Retries after the first attempt; 0 = never. Default 3. */
  readonly limit?: number
  /**
   * How the wait grows with the attempt `n` that just failed, from `delay`: `fixed` (delay), `linear` (delay × n),
   * `exponential` (delay × 2^(n-1)), or a function of attempt and error. Default `exponential`.
   */
  readonly backoff?: BackoffKind | ((attempt: number, error: unknown) => Duration)
  /** Wait after the first failure. Default 1 s. */
  readonly delay?: Duration
  /** Longest wait. Default 1 h. */
  readonly maxDelay?: Duration
  /**
   * Spreads retries so that they do not come back as one wave: `true` draws uniformly from [wait/2, wait],
   * after "equal jitter" (M. Brooker, Exponential Backoff And Jitter, AWS 2015); a number f from [wait × (1-f), wait].
   * Default `true`.
   */
  readonly jitter?: boolean | number
}

export type BackoffKind = 'fixed' | 'linear' | 'exponential'

export interface RetryPolicy {
  readonly limit: number
  readonly backoff: BackoffKind | ((attempt: number, error: unknown) => Duration)
  readonly delayMs: number
  readonly maxDelayMs: number
  readonly jitter: number
}

const DEFAULTS: Required<RetryOptions> = {
  limit: 3,
  backoff: 'exponential',
  delay: 1000,
  maxDelay: '1h',
  jitter: true,
}
const KNOWN: Readonly<Record<keyof RetryOptions, true>> = {
  limit: true,
  backoff: true,
  delay: true,
  maxDelay: true,
  jitter: true,
}
const KINDS: ReadonlySet<unknown> = new Set<BackoffKind>(['fixed', 'linear', 'exponential'])

/** @throws QueueError INVALID naming the option */
export function retryPolicy(
  options: RetryOptions | number | false | undefined,
  subject: string,
): RetryPolicy {
  const given = longForm(options)
  checkOptions(given, KNOWN, `${subject}: retry`)
  const { limit, backoff, delay, maxDelay, jitter } = withDefaults(DEFAULTS, given)
  if (!Number.isInteger(limit) || limit < 0) {
    throw new QueueError(
      'INVALID',
      `${subject}: retry.limit must be a whole number of at least 0, not ${show(limit)}.`,
    )
  }
  if (typeof backoff !== 'function' && !KINDS.has(backoff)) {
    throw new QueueError(
      'INVALID',
      `${subject}: retry.backoff must be 'fixed', 'linear', 'exponential' or a function, not ${show(backoff)}.`,
    )
  }
  return {
    limit,
    backoff,
    delayMs: parseDuration(delay, `${subject}: retry.delay`),
    maxDelayMs: parseDuration(maxDelay, `${subject}: retry.maxDelay`),
    jitter: jitterShare(jitter, subject),
  }
}

function longForm(options: RetryOptions | number | false | undefined): RetryOptions {
  if (typeof options === 'number') return { limit: options }
  return options === false ? { limit: 0 } : (options ?? {})
}

function jitterShare(jitter: boolean | number, subject: string): number {
  const share = typeof jitter === 'boolean' ? Number(jitter) / 2 : jitter
  if (share >= 0 && share <= 1) return share
  throw new QueueError(
    'INVALID',
    `${subject}: retry.jitter must be true, false or a number from 0 to 1, not ${show(jitter)}.`,
  )
}

/** Milliseconds to wait after the failure of `attempt` (1 = the first). `random` is uniform in [0, 1). */
export function retryDelayMs(policy: RetryPolicy, attempt: number, error: unknown, random: number): number {
  const { backoff, delayMs } = policy
  const grown =
    typeof backoff === 'function'
      ? parseDuration(backoff(attempt, error), 'retry.backoff')
      : backoff === 'fixed'
        ? delayMs
        : backoff === 'linear'
          ? delayMs * attempt
          : delayMs * 2 ** Math.min(attempt - 1, 52)
  const wait = Math.min(grown, policy.maxDelayMs)
  return Math.round(wait * (1 - policy.jitter * random))
}
