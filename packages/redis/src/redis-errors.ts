import { QueueError } from '@bananasjs/core/contract'
import type { QueueErrorCode } from '@bananasjs/core/contract'

interface Mapping {
  readonly pattern: RegExp
  readonly code: QueueErrorCode
  readonly retryable: boolean
  readonly text: string
}

/** By the word a reply begins with: what happened, and the way out. */
const MAPPINGS: readonly Mapping[] = [
  {
    pattern: /WRONGPASS|NOAUTH|invalid password|without any password/i,
    code: 'DENIED',
    retryable: false,
    text: 'refused the credentials. Check user name and password.',
  },
  {
    pattern: /NOPERM/,
    code: 'DENIED',
    retryable: false,
    text: 'lets this user do less than is needed: all commands on the keys and topics of the prefix (ACL SETUSER … ~bananas* ~{bananas* resetchannels &bananas* &{bananas* +@all -@dangerous +info +role).',
  },
  {
    pattern: /WRONGTYPE/,
    code: 'INVALID',
    retryable: false,
    text: 'holds something else under a key of this queue. Choose another prefix, or remove that key.',
  },
  {
    pattern: /^OOM|OOM command not allowed/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'is out of memory and refuses new data (maxmemory). Nothing of this call was stored. Raise maxmemory, or let workers drain the queues.',
  },
  {
    pattern: /READONLY/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'is a read-only replica. Point the url to the primary, or name the sentinels; after a failover this passes by itself.',
  },
  {
    pattern: /MISCONF/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'cannot write its snapshot or log to disk and refuses writes. Look at its log and its disk.',
  },
  {
    pattern: /NOREPLICAS/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'has fewer healthy replicas than min-replicas-to-write asks for.',
  },
  {
    pattern: /LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED|ClusterAllFailedError/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'is not ready. This passes by itself.',
  },
  {
    pattern: /unknown command/i,
    code: 'UNSUPPORTED',
    retryable: false,
    text: 'does not know a command that is needed. Redis 6.2 or Valkey 7.2 is the oldest that works.',
  },
]

const LOST =
  /connection is closed|ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|max retries|isn't writeable|socket|aborted due to connection close|timed out|Cluster is ended|Too many Cluster redirections|None of startup nodes/i

/** Did ioredis refuse to write a command, because the connection has ended? Then the server knows nothing of it. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable")
}

/** @returns `error` itself when it is a QueueError, else the QueueError that tells it. */
export function redisError(error: unknown, where: string): QueueError {
  if (QueueError.is(error)) return error
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const known = MAPPINGS.find(({ pattern }) => pattern.test(stripName(message)))
  if (known !== undefined) {
    return new QueueError(
      known.code,
      `redis: the server at ${where} ${known.text} It said: ${stripName(message)}`,
      {
        cause: error,
        retryable: known.retryable,
      },
    )
  }
  if (LOST.test(message)) return lostError(where, error)
  return new QueueError('INVALID', `redis: the server at ${where} answered: ${stripName(message)}`, {
    cause: error,
  })
}

/** The connection ended under a call, or never came about. */
export function lostError(where: string, cause: unknown): QueueError {
  const detail = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `redis: the connection to ${where} was lost${detail}; what the call did is unknown. It is made anew by itself.`,
    { cause },
  )
}

/** No connection within the time a call waits for one. */
export function unreachableError(where: string, waitedMs: number, cause: unknown): QueueError {
  const detail = cause instanceof Error ? ` The last attempt said: ${cause.message || cause.name}.` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `redis: no server could be reached at ${where} within ${waitedMs} ms.${detail} ` +
      'Check that it runs and that the address is right; attempts go on.',
    { cause },
  )
}

function stripName(message: string): string {
  return message.replace(/^(ReplyError|Error|AbortError): /, '')
}
