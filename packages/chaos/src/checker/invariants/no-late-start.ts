import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

const ADMISSION_MS = 1000

/** Nothing starts after it has expired, or after it was revoked and everybody had time to hear of it. */
export const noLateStart: Invariant = {
  id: 'I19',
  title: 'what has expired or was revoked does not start',
  scope: 'task',
  kinds: ['send', 'revoked', 'start'],
  undecidable: (_promised, { kinds }) => (kinds.has('start') ? undefined : 'no run was recorded'),
  judge,
}

function judge({ breach, promised, circumstances }: Bench): Judge {
  const { admissionMs = ADMISSION_MS, skewMs = 0 } = promised
  let send: EventOf<'send'> | undefined
  let revoked: EventOf<'revoked'> | undefined
  return seeing({
    send: (event) => void (event.expiresInMs !== undefined && (send = event)),
    revoked: (event) => void (revoked ??= event),
    start(event) {
      const { at } = event
      if (send !== undefined && at > send.at + send.expiresInMs! + skewMs + admissionMs)
        breach(`started ${Math.round(at - send.at - send.expiresInMs!)} ms after it had expired`, [
          send,
          event,
        ])
      // While results cannot be read nobody hears of a revocation, and tasks are not held up for that.
      if (revoked === undefined || at <= revoked.at + admissionMs) return
      if (!circumstances.broken(['results', 'process'], revoked.at, at))
        breach(`started ${Math.round(at - revoked.at)} ms after it was revoked`, [revoked, event])
    },
  })
}
