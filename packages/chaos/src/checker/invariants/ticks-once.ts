import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** A schedule sends one task for each of its moments, whoever leads. */
export const ticksOnce: Invariant = {
  id: 'I14',
  title: 'a schedule sends one task for each moment',
  scope: 'schedule',
  kinds: ['due', 'send'],
  judge,
}

function judge({ breach }: Bench): Judge {
  let due: EventOf<'due'> | undefined
  const sends = new Map<string, EventOf<'send'>>()
  return seeing(
    {
      due: (event) => void (due = event),
      send: (event) => void (sends.has(event.task) || sends.set(event.task, event)),
    },
    () => {
      if (sends.size > 1)
        breach(`${sends.size} tasks were sent for one moment`, [...sends.values()].slice(0, 2))
      if (sends.size === 0 && due !== undefined) breach('nothing was sent for this moment', [due])
    },
  )
}
