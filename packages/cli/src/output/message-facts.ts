import type { ErrorRecord } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'

/** Names of the wire format, which other languages read too. */
const TASK = 'bananas-task'
const SHADOW = 'bananas-shadow'
const ATTEMPT = 'bananas-attempt'
const NOT_BEFORE = 'bananas-not-before'
const ERROR = 'bananas-error'

/** The task's name, or what is shown in its place; `?` for a message of another origin. */
export function taskOf({ headers }: Message): string {
  return headers[SHADOW] ?? headers[TASK] ?? '?'
}

export function attemptOf({ headers }: Message): number {
  const attempt = Number(headers[ATTEMPT] ?? 1)
  return Number.isSafeInteger(attempt) ? attempt : 1
}

/** ISO time before which it does not start. */
export function notBeforeOf({ headers }: Message): string | undefined {
  return headers[NOT_BEFORE]
}

/** The error chain that a dead letter carries along. */
export function errorOf({ headers }: Message): ErrorRecord | undefined {
  try {
    const value: unknown = JSON.parse(headers[ERROR] ?? 'null')
    return typeof value === 'object' &&
      value !== null &&
      typeof (value as { message?: unknown }).message === 'string'
      ? (value as ErrorRecord)
      : undefined
  } catch {
    return undefined
  }
}
