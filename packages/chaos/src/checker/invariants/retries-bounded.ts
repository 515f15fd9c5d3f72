import type { EventOf, HistoryEvent } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'
import type { Promised } from '../promised.ts'

/** No more attempts than allowed, and each attempt after the first has a failure before it. */
export const retriesBounded: Invariant = {
  id: 'I7',
  title: 'retries are bounded, and each follows a failure',
  scope: 'task',
  kinds: ['send', 'start', 'end'],
  judge,
}

function judge({ key, breach, promised, circumstances }: Bench): Judge {
  let send: EventOf<'send'> | undefined
  const failed = new Set<number>()
  return seeing({
    send: (event) => void (send ??= event),
    end: ({ attempt, outcome }) => void (outcome === 'failed' && failed.add(attempt)),
    start(event) {
      const limit = send?.retryLimit ?? limitOf(promised, event.name)
      const { attempt } = event
      if (limit !== undefined && attempt > limit + 1) {
        const evidence: HistoryEvent[] = send?.retryLimit === undefined ? [event] : [send, event]
        return breach(`started attempt ${attempt} of at most ${limit + 1}`, evidence)
      }
      if (attempt > 1 && !failed.has(attempt - 1) && !circumstances.redriven(key))
        breach(`started attempt ${attempt} though attempt ${attempt - 1} had not failed`, [event])
    },
  })
}

function limitOf({ retryLimit }: Promised, name: string): number | undefined {
  return typeof retryLimit === 'object' ? retryLimit[name] : retryLimit
}
