import { QueueError } from '@bananasjs/core/contract'

const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS'])
const NO_FOLDER = new Set(['ENOTDIR', 'EEXIST', 'ENAMETOOLONG'])

/** One code for each reaction of the caller: what was refused has to be mended, all else may pass by itself. */
export function fileError(cause: unknown, folder: string): QueueError {
  if (QueueError.is(cause)) return cause
  const { code = 'unknown', message } = cause as NodeJS.ErrnoException
  if (REFUSED.has(code)) {
    return new QueueError('DENIED', `spool: no access to ${folder}: ${message}`, { cause })
  }
  if (NO_FOLDER.has(code)) {
    return new QueueError('INVALID', `spool: ${folder} cannot be a folder: ${message}`, { cause })
  }
  return new QueueError('CONNECTION_LOST', `spool: the disk under ${folder} failed: ${message}`, { cause })
}

export function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

export function leaseLost(receipt: string, queue: string): QueueError {
  return new QueueError(
    'LEASE_LOST',
    `spool: nothing is held under the receipt ${receipt.slice(0, 40)} of queue "${queue}": its lease has ended, or it was settled.`,
  )
}
