import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** What was dead-lettered lies among the dead letters of its queue, with its error, until somebody puts it back. */
export const deadNotLost: Invariant = {
  id: 'I8',
  title: 'a dead letter is not lost',
  scope: 'task',
  kinds: ['lease', 'settled', 'letter'],
  undecidable: (_promised, { listed }) =>
    listed.size > 0 ? undefined : 'the dead letters were not read at the end',
  judge,
}

function judge({ key, breach, circumstances }: Bench): Judge {
  let lease: EventOf<'lease'> | undefined
  let dead: EventOf<'settled'> | undefined
  let letter: EventOf<'letter'> | undefined
  return seeing(
    {
      lease: (event) => void (lease = event),
      settled: (event) => void (event.as === 'deadLetter' && (dead = event)),
      letter: (event) => void (letter = event),
    },
    () => {
      if (letter !== undefined && !letter.error) return breach('is a dead letter without its error', [letter])
      if (dead === undefined || letter !== undefined || lease === undefined) return
      const listed = circumstances.listed.get(lease.queue)
      if (listed === undefined || circumstances.redriven(key)) return
      breach('was set aside, and is not among the dead letters', [lease, dead, listed])
    },
  )
}
