import type { EventOf } from '../../history/history-event.ts'
import { isToldLate, seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** Nothing is handed over again after its end was confirmed, and each hand-over leads to one run at most. */
export const duplicatesExplained: Invariant = {
  id: 'I6',
  title: 'every duplicate has a cause',
  scope: 'task',
  kinds: ['send', 'stored', 'lease', 'settled', 'start'],
  judge,
}

function judge({ key, breach, promised, circumstances }: Bench): Judge {
  const { fenced = true } = promised
  const copies = { sent: 0, stored: 0 }
  const leases: EventOf<'lease'>[] = []
  const starts: EventOf<'start'>[] = []
  let ended: EventOf<'settled'> | undefined
  return seeing({
    send: () => void (copies.sent += 1),
    stored: () => void (copies.stored += 1),
    settled(event) {
      if (event.as === 'ack' || event.as === 'deadLetter') ended ??= event
    },
    lease(event) {
      leases.push(event)
      const mayComeAgain = Math.max(copies.sent, copies.stored) > 1 || !fenced || circumstances.redriven(key)
      if (ended === undefined || mayComeAgain || event.at <= ended.at) return
      const last = ended
      if (
        isToldLate(
          event,
          leases.find(({ receipt }) => receipt === last.receipt),
        )
      )
        return
      breach('was handed over again after the broker had confirmed its end', [ended, event])
    },
    start(event) {
      starts.push(event)
      if (leases.length > 0 && starts.length === leases.length + 1)
        breach(`ran ${starts.length} times and was handed over ${leases.length} times`, [
          ...leases,
          ...starts,
        ])
    },
  })
}
