import { QueueError } from '@bananasjs/core/contract'
import type { QueueErrorCode } from '@bananasjs/core/contract'

interface Mapping {
  readonly pattern: RegExp
  readonly code: QueueErrorCode
  readonly text: string
}

/** By what the server said: what happened, and the way out. The first that fits. */
const MAPPINGS: readonly Mapping[] = [
  {
    pattern: /vhost .*not found|NOT_ALLOWED - vhost/i,
    code: 'INVALID',
    text: 'has no such vhost. Check the end of the url ("/" is the default one), or make it: rabbitmqctl add_vhost.',
  },
  {
    // Two reasons, and the driver keeps which of them it was.
    pattern: /Expected ConnectionOpenOk; got <ConnectionClose/,
    code: 'DENIED',
    text: 'refuses this vhost: there is none of that name (rabbitmqctl add_vhost), or the user may not enter it (rabbitmqctl set_permissions). The vhost is the end of the url.',
  },
  {
    pattern: /access to vhost/i,
    code: 'DENIED',
    text: 'lets this user not into the vhost: rabbitmqctl set_permissions.',
  },
  {
    pattern: /exclusive use|RESOURCE.LOCKED/i,
    code: 'CONNECTION_LOST',
    text: 'has a queue that someone else uses exclusively. This passes by itself.',
  },
  {
    pattern: /access to (queue|exchange|topic)/i,
    code: 'DENIED',
    text: 'lets this user do less than is needed: configure, write and read on all names that begin with the prefix (rabbitmqctl set_permissions USER "^bananas:" "^(bananas:|amq\\.default$)" "^bananas:").',
  },
  {
    pattern: /ACCESS.REFUSED|login was refused/i,
    code: 'DENIED',
    text: 'refused the credentials. Check user name and password (guest may log in from the same machine only).',
  },
  {
    pattern: /inequivalent arg/i,
    code: 'INVALID',
    text: 'has a queue or exchange of that name that was declared with other arguments. Choose another prefix or the queueType it was made with, or drain and delete it: it is then declared as needed.',
  },
  {
    pattern: /message size .* (larger|exceeds)/i,
    code: 'TOO_LARGE',
    text: 'takes only smaller messages (max_message_size). Store the payload elsewhere and send a reference.',
  },
  {
    pattern: /acknowledgement .*timed out/i,
    code: 'CONNECTION_LOST',
    text: 'took back a delivery that was held for too long. Raise consumer_timeout in rabbitmq.conf for tasks that take so long.',
  },
  {
    pattern: /NOT_FOUND|NOT-FOUND/,
    code: 'CONNECTION_LOST',
    text: 'no longer has a queue or exchange of ours. It is declared again.',
  },
  {
    pattern: /NOT_IMPLEMENTED|feature flag/i,
    code: 'UNSUPPORTED',
    text: 'cannot do what is needed. RabbitMQ 3.10 is the oldest that works, with all its feature flags enabled.',
  },
]

/** There is no queue of that name. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && /NOT.FOUND/.test(error.message)
}

const LOST =
  /connection|channel (closed|closing|ended)|socket|ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|heartbeat|timed out|timeout|INTERNAL.ERROR|RESOURCE.ERROR|unexpected close|ECONNRESET|handshake/i

/** @returns `error` itself when it is a QueueError, else the QueueError that tells it. */
export function rabbitmqError(error: unknown, where: string): QueueError {
  if (QueueError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  const known = MAPPINGS.find(({ pattern }) => pattern.test(message))
  if (known !== undefined) {
    return new QueueError(known.code, `rabbitmq: the server at ${where} ${known.text} It said: ${message}`, {
      cause: error,
    })
  }
  if (LOST.test(message) || isSystemError(error)) return lostError(where, error)
  return new QueueError('INVALID', `rabbitmq: the server at ${where} answered: ${message}`, { cause: error })
}

/** The connection or channel ended under a call, or never came about. */
export function lostError(where: string, cause: unknown): QueueError {
  const detail = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `rabbitmq: the connection to ${where} was lost${detail}; what the call did is unknown. It is made anew by itself.`,
    { cause },
  )
}

/** No connection within the time a call waits for one. */
export function unreachableError(where: string, waitedMs: number, cause: unknown): QueueError {
  const detail = cause instanceof Error ? ` The last attempt said: ${cause.message || cause.name}.` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `rabbitmq: no server could be reached at ${where} within ${waitedMs} ms.${detail} ` +
      'Check that it runs and that the address is right; attempts go on.',
    { cause },
  )
}

/** An alarm of the server holds up whoever publishes. */
export function blockedError(where: string, waitedMs: number, reason: string): QueueError {
  return new QueueError(
    'RATE_LIMITED',
    `rabbitmq: the server at ${where} blocks publishers (${reason}), for longer than ${waitedMs} ms. ` +
      'Nothing of this was stored. Give it memory or disk, or let workers drain the queues.',
  )
}

/** The alarm came when this was on its way. */
export function heldUpError(where: string, waitedMs: number, reason: string): QueueError {
  return new QueueError(
    'CONNECTION_LOST',
    `rabbitmq: the server at ${where} blocks publishers (${reason}) and has not confirmed this for ${waitedMs} ms. ` +
      'It may be stored when the alarm is over. Give the server memory or disk, or let workers drain the queues.',
  )
}

/** Did waiting not help, because the answer will be the same? */
export function isHopeless(error: QueueError): boolean {
  return !error.retryable
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
