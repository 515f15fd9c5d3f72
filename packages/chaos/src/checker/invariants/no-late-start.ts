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
      const expiredAt = send === undefined ? Infinity : send.at + send.expiresInMs! + skewMs
      const revokedAt = revoked?.at ?? Infinity
      const endedAt = Math.min(expiredAt, revokedAt)
      // Between the look and the start, a process or an answer may have stood still; and while results cannot be read,
      // nobody hears of a revocation, and tasks are not held up for that.
      const isExcused = circumstances.broken(['broker', 'results', 'process'], endedAt, at)
      if (at <= endedAt + admissionMs || isExcused) return
      const word = expiredAt < revokedAt ? 'had expired' : 'was revoked'
      breach(`started ${Math.round(at - endedAt)} ms after it ${word}`, [
        expiredAt < revokedAt ? send! : revoked!,
        event,
      ])
    },
  })
}
