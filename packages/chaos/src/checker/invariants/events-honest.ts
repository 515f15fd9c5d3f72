import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** Live events may be lost, never repeated nor reordered, and as many are told missing as are missing. */
export const eventsHonest: Invariant = {
  id: 'I20',
  title: 'lost events are owned up to',
  scope: 'source',
  kinds: ['heard', 'gap'],
  judge,
}

function judge({ breach, circumstances }: Bench): Judge {
  let last: EventOf<'heard'> | undefined
  let told: EventOf<'gap'>[] = []
  return seeing({
    gap: (event) => void told.push(event),
    heard(event) {
      const before = last
      const gaps = told
      last = event
      told = []
      if (before === undefined) return
      const missing = event.seq - before.seq - 1
      if (missing < 0) return breach(`event ${event.seq} came after ${before.seq}`, [before, event])
      const owned = gaps.reduce((sum, { missing }) => sum + missing, 0)
      // Without a listener that tells of gaps there is nothing to compare with.
      if (owned !== missing && circumstances.kinds.has('gap'))
        breach(`${missing} events are missing, ${owned} were told of`, [before, ...gaps, event])
    },
  })
}
