import { QueueError } from '@bananasjs/core/contract'
import type { QueueErrorCode } from '@bananasjs/core/contract'

interface Mapping {
  readonly pattern: RegExp
  readonly code: QueueErrorCode
  readonly retryable: boolean
  readonly text: string
}

/** By the name of the error: what happened, and the way out. */
const MAPPINGS: readonly Mapping[] = [
  {
    pattern: /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException/i,
    code: 'RATE_LIMITED',
    retryable: true,
    text: 'throttles the calls. Nothing of this one was done. Send in larger batches, or ask AWS for a higher quota.',
  },
  {
    pattern: /OverLimit/,
    code: 'RATE_LIMITED',
    retryable: true,
    text: 'has 120,000 messages in flight, the most it allows. Settle faster, or spread the work over several queues.',
  },
  {
    pattern: /Expired/,
    code: 'DENIED',
    retryable: false,
    text: 'says the credentials, or the signature, have expired. Renew them, and check the clock of this machine.',
  },
  {
    pattern: /Credential|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKey/i,
    code: 'DENIED',
    retryable: false,
    text: 'got no valid credentials. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or the role.',
  },
  {
    pattern:
      /AccessDenied|AuthFailure|MissingAuthentication|Authorization|InvalidSecurity|OptInRequired|Kms/i,
    code: 'DENIED',
    retryable: false,
    text: 'refuses this action to these credentials. The page on SQS lists the permissions that are needed.',
  },
  {
    pattern: /QueueDoesNotExist|NonExistentQueue/,
    code: 'INVALID',
    retryable: false,
    text: 'knows no such queue. Create it, or let it be created (create: true).',
  },
  {
    pattern: /QueueDeletedRecently/,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'deleted this queue less than 60 seconds ago and does not create it anew yet. This passes by itself.',
  },
  {
    pattern: /QueueNameExists/,
    code: 'INVALID',
    retryable: false,
    text: 'has this queue with other attributes.',
  },
  {
    pattern: /ReceiptHandleIsInvalid|MessageNotInflight/,
    code: 'LEASE_LOST',
    retryable: false,
    text: 'says the lease has ended or the message was settled. Extend leases in time, or ask for longer ones.',
  },
  {
    pattern: /BatchRequestTooLong/,
    code: 'TOO_LARGE',
    retryable: false,
    text: 'takes no batch of this size. Hand in a blob store (blobs), or send a reference.',
  },
  {
    pattern: /InternalError|InternalFailure|ServiceUnavailable|InternalServerError|TimeoutError|AbortError/i,
    code: 'CONNECTION_LOST',
    retryable: true,
    text: 'failed; what the call did is unknown. This passes by itself.',
  },
]

const TOO_LONG_HELD: Mapping = {
  pattern: /total VisibilityTimeout/i,
  code: 'LEASE_LOST',
  retryable: false,
  text: 'lets a delivery be held for 12 hours at most.',
}
const ANSWERED = { code: 'INVALID', retryable: false, text: 'refused a call.' } as const

const LOST =
  /ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|socket|Premature close|JSON|Deserialization/i
/** The call never left: doing it again cannot do it twice. */
const UNSENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/

interface SdkError extends Error {
  readonly code?: string
  readonly Code?: string
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined
}

/** @returns `error` itself when it is a QueueError, else the QueueError that tells it. */
export function sqsError(error: unknown, where: string): QueueError {
  if (QueueError.is(error)) return error
  const { words, message, status } = factsOf(error)
  const known = knownAs(words, message, status)
  if (known === undefined && LOST.test(`${words} ${message}`)) return lostError(where, error)
  const { code, retryable, text } = known ?? ANSWERED
  return new QueueError(code, `sqs: ${where} ${text} It said: ${message || words}`, {
    cause: error,
    retryable,
  })
}

function factsOf(error: unknown): {
  readonly words: string
  readonly message: string
  readonly status: number | undefined
} {
  const { name = '', Code = '', code = '', message = String(error), $metadata } = error as Partial<SdkError>
  return { words: `${name} ${Code} ${code}`, message, status: $metadata?.httpStatusCode }
}

function knownAs(words: string, message: string, status = 0): Mapping | undefined {
  const byName = MAPPINGS.find(({ pattern }) => pattern.test(words))
  if (byName !== undefined) return byName
  if (TOO_LONG_HELD.pattern.test(message)) return TOO_LONG_HELD
  if (status === 429) return MAPPINGS[0]
  if (status === 401 || status === 403) return MAPPINGS.find(({ pattern }) => pattern.test('AccessDenied'))
  return status >= 500 ? MAPPINGS.at(-1) : undefined
}

/** What became of one entry of a batch that SQS took. */
export function entryError(
  where: string,
  entry: { readonly Code?: string | undefined; readonly Message?: string | undefined },
): QueueError {
  const cause = Object.assign(new Error(entry.Message ?? entry.Code ?? 'no reason given'), {
    name: entry.Code ?? 'Error',
  })
  if (/shorter than|too long|exceed/i.test(entry.Message ?? ''))
    return new QueueError('TOO_LARGE', `sqs: ${where} answered: ${cause.message}`, { cause })
  return sqsError(cause, where)
}

/** The connection ended under a call, or never came about. */
export function lostError(where: string, cause: unknown): QueueError {
  const detail = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `sqs: ${where} could not be reached, or the connection was lost under a call${detail}; what it did is unknown. ` +
      'Check region, endpoint and network; the next call connects anew.',
    { cause },
  )
}

export function wasNeverSent({ cause }: QueueError): boolean {
  const { code = '', message = '' } = (cause ?? {}) as Partial<SdkError>
  return UNSENT.test(`${code} ${message}`)
}
