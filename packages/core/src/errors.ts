/**
 * One error class; one code per *reaction* of the caller. Act on `code`, never on the message.
 *
 * | code | what the caller does |
 * | --- | --- |
 * | CONNECTION_LOST | backs off and tries again (`retryable`) |
 * | LEASE_LOST | stops: the work belongs to someone else now |
 * | CONFLICT | reads the winner: duplicate id, unique key taken, lost compare-and-set |
 * | UNSUPPORTED | picks another broker or drops the option; the message names both |
 * | TOO_LARGE | stores the payload elsewhere and sends a reference |
 * | UNDECODABLE | dead-letters, never retries |
 * | UNKNOWN_TASK | gives the task back for a worker that knows it |
 * | TASK_FAILED | reads `cause`, the error the handler threw |
 * | TASK_TIMEOUT, TASK_CANCELLED | as named |
 * | RESULT_TIMEOUT | waits longer or gives up; the task itself goes on |
 * | RATE_LIMITED | waits; the broker throttles (`retryable`) |
 * | DENIED | fixes credentials or permissions |
 * | INVALID, CLOSED | fixes the calling code |
 */
export type QueueErrorCode =
  | 'CONNECTION_LOST'
  | 'LEASE_LOST'
  | 'CONFLICT'
  | 'UNSUPPORTED'
  | 'TOO_LARGE'
  | 'UNDECODABLE'
  | 'UNKNOWN_TASK'
  | 'TASK_FAILED'
  | 'TASK_TIMEOUT'
  | 'TASK_CANCELLED'
  | 'RESULT_TIMEOUT'
  | 'RATE_LIMITED'
  | 'DENIED'
  | 'INVALID'
  | 'CLOSED'

const BRAND = Symbol.for('bananas.error')
const RETRYABLE: ReadonlySet<QueueErrorCode> = new Set(['CONNECTION_LOST', 'RATE_LIMITED'])

export interface QueueErrorOptions {
  /** What went wrong underneath, untouched. */
  readonly cause?: unknown
  /** Overrides the code's default: may the same call succeed later? */
  readonly retryable?: boolean
}

export class QueueError extends Error {
  override readonly name = 'QueueError'
  readonly code: QueueErrorCode
  /** True when the very same call may succeed later. */
  readonly retryable: boolean

  constructor(code: QueueErrorCode, message: string, options: QueueErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? RETRYABLE.has(code)
  }

  /**
   * Tells a QueueError from any other value, also when it comes from another installed copy of this
   * package, where `instanceof` would say no. Never throws: what was thrown may be a proxy that does.
   */
  static is(value: unknown, code?: QueueErrorCode): value is QueueError {
    if (typeof value !== 'object' || value === null) return false
    try {
      return BRAND in value && (code === undefined || (value as { code?: unknown }).code === code)
    } catch {
      return false
    }
  }
}

// A computed class member would need an inferred type, which isolatedDeclarations refuses.
Object.defineProperty(QueueError.prototype, BRAND, { value: true })
