import type { Failure } from '@bananasjs/core/contract'

/** Most that a clause wants in one call, however much an adapter takes. */
const MOST = 1000

/** Calls `act` with at most `maxBatch` items at once; the failures are told by position among all of them. */
export async function inBatches<T>(
  items: readonly T[],
  maxBatch: number,
  act: (batch: readonly T[]) => Promise<readonly Failure[]>,
): Promise<readonly Failure[]> {
  const failures: Failure[] = []
  const size = Math.min(maxBatch, MOST)
  for (let at = 0; at < items.length; at += size) {
    const failed = await act(items.slice(at, at + size))
    failures.push(...failed.map(({ index, error }) => ({ index: at + index, error })))
  }
  return failures
}
