import { MOST_AHEAD } from '../../packages/core/src/worker/prefetch-window.ts'

/** The raw drivers get batches as large as what a worker of this project holds, by the same number: a copy of it once fell behind. */
export function rawBatch(concurrency: number): number {
  return concurrency + MOST_AHEAD
}
