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

interface Holder {
  readonly send: EventOf<'send'>
  readonly sent: EventOf<'sent'>
  /** Surely, as far as anybody can see from outside: what is about to end may have let go already. */
  holds: boolean
}

function judge({ breach, doubt, circumstances }: Bench): Judge {
  const sends = new Map<string, EventOf<'send'>>()
  let holder: Holder | undefined
  const own = (task: string): Holder | undefined => (holder?.send.task === task ? holder : undefined)
  return seeing({
    send: (event) => void sends.set(event.task, event),
    sent(event) {
      const send = sends.get(event.task)
      if (send === undefined) return
      if (holder !== undefined && holder.holds && own(event.task) === undefined && holder.sent.at < send.at) {
        if (circumstances.broken(['results', 'broker', 'process', 'clock'], holder.send.at, event.at))
          doubt('two tasks had one key while something was broken')
        else
          breach(`${event.task} was accepted while ${holder.send.task} held the key`, [
            holder.send,
            holder.sent,
            send,
            event,
          ])
      }
      holder = { send, sent: event, holds: true }
    },
    lease({ task }) {
      // It may end unstarted from here on.
      const held = own(task)
      if (held !== undefined) held.holds = false
    },
    start({ task }) {
      const held = own(task)
      if (held !== undefined) held.holds = held.send.uniqueUntil === 'finished'
    },
    end({ task }) {
      const held = own(task)
      if (held !== undefined) held.holds = false
    },
  })
}
