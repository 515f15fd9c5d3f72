import type { Failure } from '../contract/failure.ts'
import { QueueError } from '../errors.ts'

/** How many of a batch that cannot travel together are on their way at once. */
const AT_ONCE = 500

/** One error for a batch that failed in part; its `cause` holds every failure with its position. */
export function partialFailure(failures: readonly Failure[], total: number): QueueError {
  const first = failures[0]!
  return new QueueError(
    first.error.code,
    `${failures.length} of ${total} tasks were not enqueued (the others were); first, at position ${first.index}: ${first.error.message}`,
    { cause: failures, retryable: failures.every((failure) => failure.error.retryable) },
  )
}

/** The same error, saying which of several inputs it is about. */
export function atPosition(index: number, total: number, error: unknown): unknown {
  if (!QueueError.is(error)) return error
  const message = `Nothing was enqueued. Position ${index} of ${total}: ${error.message}`
  return new QueueError(error.code, message, { cause: error })
}

/**
 * Sends each by itself, in bounded parallel, to the last one even when some fail.
 * @throws QueueError with every failure and its position; what is not a QueueError, as it was thrown
 */
export async function eachForItself<Item, Sent>(
  items: readonly Item[],
  send: (item: Item) => Promise<Sent>,
): Promise<readonly Sent[]> {
  const { sent, failures } = await outcomesOf(items, send)
  if (failures.length > 0) throw partialFailure(failures, items.length)
  return sent
}

/** The same, with the failures in the answer. @throws what is not a QueueError */
export async function outcomesOf<Item, Sent>(
  items: readonly Item[],
  send: (item: Item) => Promise<Sent>,
): Promise<{ readonly sent: readonly Sent[]; readonly failures: readonly Failure[] }> {
  const sent: Sent[] = []
  const failures: Failure[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const outcomes = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(send))
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') sent.push(outcome.value)
      else if (QueueError.is(outcome.reason)) failures.push({ index: at + index, error: outcome.reason })
      else throw outcome.reason
    }
  }
  return { sent, failures }
}
