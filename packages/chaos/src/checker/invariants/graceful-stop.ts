import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** How long a process that was asked to stop may still start what it had fetched. */
const ADMISSION_MS = 1000

/** A process that is asked to stop starts nothing more, gives back what it holds, and ends in time. */
export const gracefulStop: Invariant = {
  id: 'I15',
  title: 'a process that stops gives everything back',
  scope: 'process',
  kinds: ['stopping', 'down', 'start', 'lease', 'lost', 'settle'],
  undecidable: (_promised, { kinds }) => (kinds.has('stopping') ? undefined : 'no process was asked to stop'),
  judge,
}

function judge({ breach, promised, circumstances }: Bench): Judge {
  const { admissionMs = ADMISSION_MS, stopMs = Infinity } = promised
  const held = new Map<string, EventOf<'lease'>>()
  let stopping: EventOf<'stopping'> | undefined
  const gone = ({ receipt }: { readonly receipt: string }): void => void held.delete(receipt)
  return seeing({
    stopping: (event) => void (stopping ??= event),
    lease: (event) => void held.set(event.receipt, event),
    lost: gone,
    settle: gone,
    start(event) {
      if (stopping === undefined || event.at <= stopping.at + admissionMs) return
      if (!circumstances.broken(['broker', 'process'], stopping.at, event.at))
        breach(`started ${event.task} though it had been asked to stop`, [stopping, event])
    },
    down(event) {
      if (stopping === undefined) return
      const tookMs = Math.round(event.at - stopping.at)
      if (tookMs > stopMs) breach(`took ${tookMs} ms to stop, ${stopMs} may`, [stopping, event])
      // Over a broken connection nothing can be given back; it comes back when its lease ends.
      if (circumstances.broken(['broker'], stopping.at, event.at)) return
      for (const lease of held.values())
        if (lease.until > event.at) breach(`ended with ${lease.task} in its hands`, [lease, stopping, event])
    },
  })
}
