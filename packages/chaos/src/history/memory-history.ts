import type { EventBody, History, HistoryEvent } from './history-event.ts'

/** A history that stays in this process. */
export interface MemoryHistory extends History {
  readonly events: readonly HistoryEvent[]
}

/**
 * For tests and simulations.
 * @param now milliseconds on one clock for all who write
 */
export function memoryHistory(now: () => number, by = 'process', events: HistoryEvent[] = []): MemoryHistory {
  return {
    now,
    events,
    write(...bodies: readonly EventBody[]) {
      const at = now()
      for (const body of bodies) events.push({ ...body, at, by })
    },
  }
}
