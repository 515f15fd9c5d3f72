import type { HistoryEvent } from '../history/history-event.ts'

/** Tells two histories apart: the same seed has the same one, in every thread and on every machine. FNV-1a. */
export function fingerprint(events: readonly HistoryEvent[]): string {
  let hash = 0x811c9dc5
  for (const event of events) {
    const text = JSON.stringify(event)
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
