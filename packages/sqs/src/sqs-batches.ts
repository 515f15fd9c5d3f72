import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { SqsClient } from './sqs-client.ts'
import { entryError, lostError } from './sqs-errors.ts'

/** Most entries of one call. */
export const BATCH = 10
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000

/** One entry of a batch, and whose it is. */
export interface Entry<T> {
  readonly index: number
  readonly request: T
}

export interface BatchReply {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined
        readonly Code: string | undefined
        readonly Message?: string
      }[]
    | undefined
}

export interface BatchCall<T> {
  readonly client: SqsClient
  readonly call: (requests: (T & { readonly Id: string })[]) => Promise<BatchReply>
  /** Entries that failed for no fault of their own are sent again. Not where their order matters. */
  readonly patient: boolean
}

/** Ten at a time, and no more bytes than one call takes. */
export function cut<T>(
  entries: readonly Entry<T>[],
  maxBytes: number = Infinity,
  bytesOf: (request: T) => number = () => 0,
): readonly (readonly Entry<T>[])[] {
  const batches: Entry<T>[][] = []
  let current: Entry<T>[] = []
  let bytes = 0
  for (const entry of entries) {
    const more = bytesOf(entry.request)
    if (current.length === 0 || current.length >= BATCH || bytes + more > maxBytes) {
      current = []
      bytes = 0
      batches.push(current)
    }
    current.push(entry)
    bytes += more
  }
  return batches
}

/**
 * Sends batches, each line of them one after the other, some lines at once. Never throws: what failed is told entry by
 * entry, with one and the same error for all entries of a call that failed as a whole.
 */
export async function runBatches<T extends object>(
  lines: readonly (readonly (readonly Entry<T>[])[])[],
  options: BatchCall<T>,
): Promise<ReadonlyMap<number, QueueError>> {
  const failures = new Map<number, QueueError>()
  let next = 0
  const take = async (): Promise<void> => {
    while (next < lines.length) for (const batch of lines[next++]!) await runBatch(batch, options, failures)
  }
  await Promise.all(Array.from({ length: Math.min(options.client.settings.parallel, lines.length) }, take))
  return failures
}

async function runBatch<T extends object>(
  batch: readonly Entry<T>[],
  { client, call, patient }: BatchCall<T>,
  failures: Map<number, QueueError>,
): Promise<void> {
  const until = systemRuntime.monotonic() + client.settings.recoveryMs
  let left = batch
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const failed = await attempt(left, call, client)
    const late = !patient || systemRuntime.monotonic() + waitMs > until
    for (const { entry, error, again } of failed) if (late || !again) failures.set(entry.index, error)
    left = late ? [] : failed.flatMap(({ entry, again }) => (again ? [entry] : []))
    if (left.length === 0) return
    await client.pause(waitMs)
  }
}

interface Failed<T> {
  readonly entry: Entry<T>
  readonly error: QueueError
  /** No fault of its own, and not tried again yet: an error of the whole call has been, by the client. */
  readonly again: boolean
}

async function attempt<T extends object>(
  batch: readonly Entry<T>[],
  call: BatchCall<T>['call'],
  { where }: SqsClient,
): Promise<readonly Failed<T>[]> {
  try {
    const reply = await call(batch.map(({ request }, at) => ({ ...request, Id: String(at) })))
    return told(batch, reply, where)
  } catch (error) {
    if (!QueueError.is(error)) throw error
    return batch.map((entry) => ({ entry, error, again: false }))
  }
}

/** What the answer says of each entry. One that it passes over may have been done or not: it counts as neither. */
function told<T>(
  batch: readonly Entry<T>[],
  { Successful = [], Failed = [] }: BatchReply,
  where: string,
): readonly Failed<T>[] {
  const done = new Set(Successful.map(({ Id }) => Id))
  const refused = new Map(Failed.map((failed) => [failed.Id, failed]))
  return batch.flatMap((entry, at) => {
    const id = String(at)
    if (done.has(id)) return []
    const failed = refused.get(id)
    if (failed === undefined)
      return { entry, error: lostError(where, new Error('its answer passes over an entry')), again: false }
    const error = entryError(where, failed)
    return { entry, error, again: error.retryable }
  })
}
