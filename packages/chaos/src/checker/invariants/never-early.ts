import type { EventOf, HistoryEvent } from '../../history/history-event.ts'
import { grainOf, seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** No run begins before its delay, or the wait before its retry, is over. */
export const neverEarly: Invariant = {
  id: 'I9',
  title: 'a delay is never cut short',
  scope: 'task',
  kinds: ['send', 'stored', 'settle', 'settled', 'start'],
  judge,
}

function judge({ breach, promised }: Bench): Judge {
  const copies = { sent: 0, stored: 0 }
  const asked = new Map<string, EventOf<'settle'>>()
  let dueAt = -Infinity
  let because: readonly HistoryEvent[] = []
  return seeing({
    send(event) {
      copies.sent += 1
      const at = event.at + (event.delayMs ?? 0)
      if (copies.sent > 1 && at >= dueAt) return
      dueAt = at
      because = [event]
    },
    stored: () => void (copies.stored += 1),
    settle(event) {
      if (event.as === 'retry') asked.set(event.receipt, event)
    },
    settled(event) {
      const before = asked.get(event.receipt)
      asked.delete(event.receipt)
      // Of two copies one may wait while the other runs.
      if (before === undefined || Math.max(copies.sent, copies.stored) > 1) return
      dueAt = before.at + (before.delayMs ?? 0)
      because = [before, event]
    },
    start(event) {
      const earlyMs = dueAt - event.at
      if (earlyMs > grainOf(promised))
        breach(`started ${Math.round(earlyMs)} ms before its time`, [...because, event])
      dueAt = -Infinity
    },
  })
}
