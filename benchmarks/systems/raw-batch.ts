/** Most deliveries that a worker of this project holds beyond the running ones; the raw drivers get batches as large. */
const AHEAD = 1000

export function rawBatch(concurrency: number): number {
  return concurrency + AHEAD
}
