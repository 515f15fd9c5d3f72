import { isFinal } from '@bananasjs/core/contract'
import type { ResultRecord } from '@bananasjs/core/contract'
import type { Gate } from './sqlite-gate.ts'

export interface WatchOptions {
  readonly ids: readonly string[]
  /** Open already, so that nothing falls between the look and the wait; closed here. */
  readonly gate: Gate
  readonly read: (ids: readonly string[]) => Promise<readonly (ResultRecord | undefined)[]>
  readonly signal: AbortSignal | undefined
}

/** Yields each record once it is final, and ends after the last. */
export async function* watchResults({ ids, gate, read, signal }: WatchOptions): AsyncGenerator<ResultRecord> {
  let rest = [...new Set(ids)]
  try {
    while (rest.length > 0) {
      const records = await read(rest)
      const final = records.filter(
        (record) => record !== undefined && isFinal(record.state),
      ) as ResultRecord[]
      const done = new Set(final.map(({ id }) => id))
      rest = rest.filter((id) => !done.has(id))
      yield* final
      if (rest.length > 0) await gate.wait(Infinity, signal)
    }
  } finally {
    gate.close()
  }
}
