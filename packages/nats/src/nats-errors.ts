import { QueueError } from '@bananasjs/core/contract'
import type { QueueErrorCode } from '@bananasjs/core/contract'

/** What JetStream answers in place of what was asked for. */
export interface ApiError {
  readonly code: number
  readonly err_code?: number | undefined
  readonly description?: string | undefined
}

/** The server answered, and said no. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly number: number

  constructor({ code, err_code: number, description }: ApiError) {
    super(`${description ?? 'no reason given'} (${number ?? code})`)
    this.number = number ?? code
  }
}

interface Known {
  readonly code: QueueErrorCode
  readonly text: string
}

const NO_SPACE: Known = {
  code: 'RATE_LIMITED',
  text: 'has no room for more messages: a limit of the stream, the account or the disk is reached. Nothing of this was stored. Raise it (maxBytes, max_file_store), or let workers drain the queues.',
}
const NO_JETSTREAM: Known = {
  code: 'UNSUPPORTED',
  text: 'runs without JetStream. Start it with -js, or enable it for this account.',
}
const NO_LEADER: Known = {
  code: 'CONNECTION_LOST',
  text: 'cannot answer for the moment: the stream has no leader. This passes by itself while a majority of its servers is up.',
}
const OFFLINE: Known = {
  code: 'CONNECTION_LOST',
  text: 'cannot answer for the moment: all servers that keep the stream are down. Start them; with replicas on three, one may be down.',
}
const OTHER_CONFIG: Known = {
  code: 'INVALID',
  text: 'has a stream or consumer of that name that was made in another way, or one that takes the same subjects. Choose another prefix, or delete it.',
}

/** The server has no JetStream at all. */
export function noJetStreamError(where: string): QueueError {
  return new QueueError(NO_JETSTREAM.code, `nats: the server at ${where} ${NO_JETSTREAM.text}`)
}

export const ERROR = {
  streamMissing: 10_059,
  consumerMissing: 10_014,
  messageMissing: 10_037,
  deleteFailed: 10_057,
  wrongSequence: 10_071,
  streamExists: 10_058,
  tooFewServers: 10_005,
} as const

const KNOWN: ReadonlyMap<number, Known> = new Map<number, Known>([
  [10_077, NO_SPACE],
  [10_023, NO_SPACE],
  [10_028, NO_SPACE],
  [10_047, NO_SPACE],
  [10_002, NO_SPACE],
  [10_039, NO_JETSTREAM],
  [10_076, NO_JETSTREAM],
  [10_008, NO_LEADER],
  [10_004, NO_LEADER],
  [10_009, NO_LEADER],
  [10_118, OFFLINE],
  [10_119, OFFLINE],
  [10_058, OTHER_CONFIG],
  [10_065, OTHER_CONFIG],
  [10_099, OTHER_CONFIG],
  [10_100, OTHER_CONFIG],
  [10_054, { code: 'TOO_LARGE', text: 'takes only smaller messages (max_msg_size of the stream).' }],
  [10_097, { code: 'TOO_LARGE', text: 'takes no more than 64 KiB of headers.' }],
  [
    10_074,
    {
      code: 'UNSUPPORTED',
      text: 'is no cluster, so it keeps no replicas. Leave replicas out, or connect to a cluster.',
    },
  ],
  [
    ERROR.tooFewServers,
    {
      code: 'UNSUPPORTED',
      text: 'has too few servers that are up for so many replicas. Start those that are down, add servers, or lower replicas.',
    },
  ],
])

/** @returns `error` itself when it is a QueueError, else the QueueError that tells it. */
export function natsError(error: unknown, where: string): QueueError {
  if (QueueError.is(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  if (error instanceof RefusedError) {
    const known = KNOWN.get(error.number)
    if (known !== undefined) {
      return new QueueError(known.code, `nats: the server at ${where} ${known.text} It said: ${said}`, {
        cause: error,
      })
    }
    return new QueueError('INVALID', `nats: the server at ${where} answered: ${said}`, { cause: error })
  }
  if (isDenied(error, said)) {
    return new QueueError(
      'DENIED',
      `nats: the server at ${where} refused: ${said}. Check the credentials, and that this user may publish and subscribe on the subjects of its prefix, on $JS.API.>, $JS.ACK.>, $KV.> and _INBOX.>.`,
      { cause: error },
    )
  }
  if (/max_payload|maximum payload/i.test(said)) {
    return new QueueError(
      'TOO_LARGE',
      `nats: the server at ${where} takes only smaller messages (max_payload). Store the payload elsewhere and send a reference.`,
      { cause: error },
    )
  }
  return lostError(where, error)
}

/** The connection ended under a call, or no answer came. */
export function lostError(where: string, cause: unknown): QueueError {
  const detail = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `nats: the connection to ${where} was lost${detail}; what the call did is unknown. It is made anew by itself.`,
    { cause },
  )
}

/** No connection within the time a call waits for one. */
export function unreachableError(where: string, waitedMs: number, cause: unknown): QueueError {
  const detail = cause instanceof Error ? ` The last attempt said: ${cause.message || cause.name}.` : ''
  return new QueueError(
    'CONNECTION_LOST',
    `nats: no server could be reached at ${where} within ${waitedMs} ms.${detail} ` +
      'Check that it runs and that the address is right; attempts go on.',
    { cause },
  )
}

/** A stream or consumer that is not there and must not be made. */
export function missingError(what: string, name: string, where: string): QueueError {
  return new QueueError(
    'INVALID',
    `nats: the server at ${where} has no ${what} "${name}", and streams: 'never' forbids to make it. ` +
      'Make it as the documentation of @bananasjs/nats says, or leave the option out.',
  )
}

/** The server lost the end of a stream, and not what a consumer remembers of it. */
export function aheadError(consumer: string, where: string): QueueError {
  return new QueueError(
    'INVALID',
    `nats: the consumer "${consumer}" at ${where} has handed out more than its stream knows of, so the server has lost ` +
      "the end of the stream, and would hand out none of what is published next. streams: 'never' forbids to mend " +
      'that: delete the consumer and make it anew.',
  )
}

export function isRefused(error: unknown, number: number): boolean {
  return error instanceof RefusedError && error.number === number
}

/** What the server gives, or `undefined` where it refuses for this reason: that there is none. */
export async function orAbsent<T>(answer: Promise<T>, number: number): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isRefused(error, number)) return undefined
    throw error
  }
}

function isDenied(error: unknown, said: string): boolean {
  const name = error instanceof Error ? error.name : ''
  return (
    /^(AuthorizationError|PermissionViolationError|UserAuthenticationExpiredError)$/.test(name) ||
    /permissions? violation|authorization violation|authentication/i.test(said)
  )
}
