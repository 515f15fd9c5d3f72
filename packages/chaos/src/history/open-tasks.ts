import type { QueueCounts } from '@bananasjs/core/contract'
import type { EventBody } from './history-event.ts'

/** Tasks of a queue that are not over yet, at a broker that counts all of them. */
export function openTasks({ ready, delayed = 0, leased = 0 }: QueueCounts): number {
  return ready + delayed + leased
}

/** The same, state by state, as it is written down. */
export function countsEvent(queue: string, { ready, delayed = 0, leased = 0 }: QueueCounts): EventBody {
  return { kind: 'counts', queue, ready, delayed, leased }
}
