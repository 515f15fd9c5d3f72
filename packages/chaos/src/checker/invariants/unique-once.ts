import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** While one task holds a unique key, no other with that key is accepted. */
export const uniqueOnce: Invariant = {
  id: 'I12',
  title: 'a unique key has one task',
  scope: 'unique',
  kinds: ['send', 'sent', 'lease', 'start', 'end'],
  undecidable: ({ unique = true }) =>
    unique ? undefined : 'unique keys were replaced on purpose (unique: false)',
  judge,
}

/** An unconfirmed key is free again 5 s after it was taken; it was taken a little before its task was sent. */
const PENDING_MS = 4000

interface Claim {
  readonly send: EventOf<'send'>
  sent: EventOf<'sent'> | undefined
  /** What has been handed over may end at any moment, unstarted; what has ended has let go. */
  state: 'waiting' | 'handed over' | 'running' | 'ended'
  /** Number of the last hand-over. */
  deliveries: number | undefined
}

function judge({ breach, doubt, circumstances }: Bench): Judge {
  const claims = new Map<string, Claim>()
  let holder: Claim | undefined
  return seeing({
    send(event) {
      claims.set(event.task, { send: event, sent: undefined, state: 'waiting', deliveries: undefined })
    },
    sent(event) {
      const claim = claims.get(event.task)
      if (claim === undefined) return
      claim.sent = event
      const { send } = claim
      const before = holder
      holder = claim
      if (before === undefined || before === claim || !holds(before)) return
      claims.delete(before.send.task)
      if (before.sent!.at >= send.at) return
      const mayHaveLetGo = send.at - before.send.at > PENDING_MS
      if (mayHaveLetGo && circumstances.broken(['results', 'broker', 'process'], before.send.at, event.at))
        return doubt('two tasks had one key while something was broken')
      const text = `${event.task} was accepted while ${before.send.task} held the key`
      breach(text, [before.send, before.sent!, send, event])
    },
    lease({ task, deliveries }) {
      const claim = claims.get(task)
      if (claim !== undefined && claim.state !== 'ended')
        Object.assign(claim, { state: 'handed over', deliveries })
    },
    start({ task, deliveries }) {
      const claim = claims.get(task)
      // Not by somebody whose lease has ended meanwhile: who has it now may let go of the key.
      if (claim === undefined || claim.state === 'ended') return
      if ((claim.deliveries ?? deliveries) === deliveries) claim.state = 'running'
    },
    end({ task, outcome }) {
      const claim = claims.get(task)
      // After a failure it is tried again, or dead: who can tell which. Else it has let go, also when it runs once more.
      if (claim !== undefined && claim.state !== 'ended')
        claim.state = outcome === 'failed' ? 'handed over' : 'ended'
    },
  })
}

/** Surely, as far as anybody can see from outside. */
function holds({ state, send }: Claim): boolean {
  return state === 'waiting' || (state === 'running' && send.uniqueUntil === 'finished')
}
