import { QueueError } from '@bananasjs/core/contract'
import type { QueueErrorCode } from '@bananasjs/core/contract'

const GENERIC = 1
const BUSY = 5
const LOCKED = 6

interface Mapping {
  readonly code: QueueErrorCode
  readonly retryable: boolean
  readonly text: string
}

const NETWORK_HINT =
  'SQLite needs a local disk: on a network file system (NFS, SMB, some container mounts) its locks do not hold.'

/** By SQLite's primary result code: what happened, and the way out. */
const MAPPINGS: ReadonlyMap<number, Mapping> = new Map<number, Mapping>([
  [
    3,
    {
      code: 'DENIED',
      retryable: false,
      text: 'cannot be accessed. Give this process read and write permission on the file and its folder.',
    },
  ],
  [
    8,
    {
      code: 'DENIED',
      retryable: false,
      text: 'is read-only. Give this process write permission on the file and its folder (SQLite keeps -wal and -shm files beside it), and open it without mode=ro.',
    },
  ],
  [
    10,
    {
      code: 'CONNECTION_LOST',
      retryable: true,
      text: `met a disk error. Check the disk and the system log. ${NETWORK_HINT}`,
    },
  ],
  [
    11,
    {
      code: 'CONNECTION_LOST',
      retryable: false,
      text: 'is damaged. Stop all processes that use it, keep a copy, and restore a backup or run "sqlite3 FILE .recover".',
    },
  ],
  [
    13,
    {
      code: 'CONNECTION_LOST',
      retryable: true,
      text: 'cannot grow: the disk is full. Free some space; work goes on by itself then. Nothing of this call was stored.',
    },
  ],
  [
    14,
    {
      code: 'INVALID',
      retryable: false,
      text: 'cannot be opened. Its folder must exist and be writable, and it must be a file: create the folder or pass another path.',
    },
  ],
  [15, { code: 'CONNECTION_LOST', retryable: true, text: `could not be locked. ${NETWORK_HINT}` }],
  [
    18,
    {
      code: 'TOO_LARGE',
      retryable: false,
      text: 'refused a value that is too large. Store the payload elsewhere and send a reference.',
    },
  ],
  [
    26,
    {
      code: 'INVALID',
      retryable: false,
      text: 'is not a SQLite database. Pass another path; this file was left as it is.',
    },
  ],
])

/**
 * True for what passes by itself: another connection holds the lock, or the owner of a handed-in one is in the
 * middle of a transaction of its own.
 */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  if (code === GENERIC) return /within a transaction/.test((error as Error).message)
  return code === BUSY || code === LOCKED
}

/** @returns `error` itself when it is a QueueError or nothing of SQLite's, else the QueueError that tells it. */
export function sqliteError(error: unknown, file: string): unknown {
  if (QueueError.is(error)) return error
  if (isClosedDatabase(error))
    return new QueueError('CLOSED', `sqlite: the database ${file} was closed.`, { cause: error })
  const code = primaryCode(error)
  if (code === undefined) return error
  const mapping = MAPPINGS.get(code)
  if (mapping === undefined) {
    return new QueueError('INVALID', `sqlite: ${file}: ${(error as Error).message}`, { cause: error })
  }
  return new QueueError(mapping.code, `sqlite: ${file} ${mapping.text}`, {
    cause: error,
    retryable: mapping.retryable,
  })
}

/** What a call is told whose patience ended while another connection held the lock. */
export function lockedError(error: unknown, file: string, busyTimeoutMs: number): QueueError {
  return new QueueError(
    'CONNECTION_LOST',
    `sqlite: ${file} was locked by another connection for ${busyTimeoutMs} ms. ` +
      'Look for a long transaction in another process, or raise busyTimeoutMs.',
    { cause: error },
  )
}

function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined // extended codes keep the primary one in the low byte
}

function isClosedDatabase(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_INVALID_STATE'
}
