import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** A message is acknowledged once or dead-lettered once, never both. */
export const oneEnd: Invariant = {
  id: 'I3',
  title: 'a task ends once, in one way',
  scope: 'task',
  kinds: ['send', 'stored', 'settled'],
  undecidable: ({ fenced = true }) =>
    fenced ? undefined : 'this broker cannot refuse a late settlement, so two may be accepted',
  judge,
}

function judge({ key, breach, circumstances }: Bench): Judge {
  const copies = { sent: 0, stored: 0 }
  let first: EventOf<'settled'> | undefined
  return seeing({
    send: () => void (copies.sent += 1),
    stored: () => void (copies.stored += 1),
    settled(event) {
      if (event.as !== 'ack' && event.as !== 'deadLetter') return
      if (first === undefined) return void (first = event)
      if (Math.max(copies.sent, copies.stored) > 1 || circumstances.redriven(key)) return
      breach(`ended as ${word(first)} and again as ${word(event)}`, [first, event])
    },
  })
}

function word({ as }: EventOf<'settled'>): string {
  return as === 'ack' ? 'acknowledged' : 'dead letter'
}
