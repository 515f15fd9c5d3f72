import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** What runs was sent, and comes with the bytes with which it was sent. */
export const nothingAltered: Invariant = {
  id: 'I2',
  title: 'nothing comes from nowhere, nothing is altered',
  scope: 'task',
  kinds: ['send', 'lease', 'start'],
  undecidable: (_promised, { kinds }) =>
    kinds.has('send') ? undefined : 'nothing that was sent was recorded',
  judge,
}

function judge({ breach, circumstances }: Bench): Judge {
  const sends: EventOf<'send'>[] = []
  let told = false
  const once = (text: string, evidence: Parameters<Bench['breach']>[1]): void => {
    if (!told) breach(text, evidence)
    told = true
  }
  return seeing({
    send: (event) => void sends.push(event),
    lease(event) {
      if (sends.length === 0) return once('was handed over, and nobody sent it', [event])
      if (sends.some(({ hash }) => hash === event.hash)) return
      if (circumstances.broken(['message'], sends[0]!.at, event.at)) return
      once('was handed over with other bytes than it was sent with', [sends[0]!, event])
    },
    start(event) {
      if (sends.length === 0) once('ran, and nobody sent it', [event])
    },
  })
}
