import type { EventOf, HistoryEvent } from '../../history/history-event.ts'
import { grainOf, seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** No run begins before its delay, or the wait before its retry, is over. */
export const neverEarly: Invariant = {
  id: 'I9',
  title: 'a delay is never cut short',
  scope: 'task',
  kinds: ['send', 'stored', 'lease', 'settle', 'settled', 'start'],
  judge,
}

function judge({ breach, promised }: Bench): Judge {
  const copies = { sent: 0, stored: 0 }
  const asked = new Map<string, EventOf<'settle'>>()
  const single = (): boolean => Math.max(copies.sent, copies.stored) <= 1
  let lease: EventOf<'lease'> | undefined
  let dueAt = -Infinity
  /** Of two copies one may wait for its retry while the other runs. */
  let isRetry = false
  let because: readonly HistoryEvent[] = []
  return seeing({
    send(event) {
      copies.sent += 1
      const at = event.at + (event.delayMs ?? 0)
      if (copies.sent > 1 && at >= dueAt) return
      dueAt = at
      because = [event]
      isRetry = false
    },
    stored: () => void (copies.stored += 1),
    settle(event) {
      if (event.as === 'retry') asked.set(event.receipt, event)
    },
    settled(event) {
      const before = asked.get(event.receipt)
      asked.delete(event.receipt)
      if (before === undefined) return
      dueAt = before.at + (before.delayMs ?? 0)
      because = [before, event]
      isRetry = true
    },
    lease: (event) => void (lease = event),
    start(event) {
      // Somebody who does not know yet that his lease has ended: what he runs is not what waits.
      if (lease !== undefined && (lease.by !== event.by || lease.deliveries !== event.deliveries)) return
      const earlyMs = dueAt - event.at
      if (earlyMs > grainOf(promised) && (single() || !isRetry))
        breach(`started ${Math.round(earlyMs)} ms before its time`, [...because, event])
      dueAt = -Infinity
    },
  })
}
