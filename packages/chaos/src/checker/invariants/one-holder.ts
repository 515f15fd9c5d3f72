import type { EventOf, HistoryEvent } from '../../history/history-event.ts'
import { grainOf, isToldLate, seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** A message is handed over again only when its lease has ended or was given up, and who lost it can settle nothing. */
export const oneHolder: Invariant = {
  id: 'I4',
  title: 'a lease has one holder',
  scope: 'task',
  kinds: ['send', 'stored', 'lease', 'extended', 'settle', 'settled'],
  judge,
}

interface Held {
  readonly lease: EventOf<'lease'>
  /** What says until when: the lease itself, or its last extension. */
  proof: HistoryEvent & { readonly until: number }
  givenUp: boolean
}

function judge({ breach, circumstances, promised }: Bench): Judge {
  const { fenced = true, leases = 'time' } = promised
  const copies = { sent: 0, stored: 0 }
  const late = new Map<string, EventOf<'settle'>>()
  let held: Held | undefined
  const single = (): boolean => Math.max(copies.sent, copies.stored) <= 1
  const taken = ({ lease, proof, givenUp }: Held, at: number): boolean => {
    if (givenUp || at >= proof.until - grainOf(promised)) return false
    if (leases === 'time') return true
    // A connection is all that a lease is here: it ends with its process, or when the way to the broker is broken.
    return circumstances.endOf(lease.by) > at && !circumstances.broken(['broker'], lease.at, at)
  }
  return seeing({
    send: () => void (copies.sent += 1),
    stored: () => void (copies.stored += 1),
    lease(event) {
      if (isToldLate(event, held?.lease)) return
      if (held !== undefined && single() && taken(held, event.at)) {
        const leftMs = Math.round(held.proof.until - event.at)
        const evidence = held.proof === held.lease ? [held.lease, event] : [held.lease, held.proof, event]
        breach(`was handed to ${event.by} while ${held.lease.by} held it for ${leftMs} ms more`, evidence)
      }
      held = { lease: event, proof: event, givenUp: false }
    },
    extended(event) {
      if (held?.lease.receipt === event.receipt && event.until > held.proof.until) held.proof = event
    },
    settle(event) {
      if (held?.lease.receipt === event.receipt) held.givenUp = true
      else late.set(event.receipt, event)
    },
    settled(event) {
      const asked = late.get(event.receipt)
      if (asked === undefined || held === undefined || !fenced || !single()) return
      late.delete(event.receipt)
      breach(`was settled by ${event.by} after ${held.lease.by} had taken it over`, [
        held.lease,
        asked,
        event,
      ])
    },
  })
}
