import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

const MAX_CRASHES = 5

/** What takes its worker along is not tried for ever. */
export const poisonIsolated: Invariant = {
  id: 'I16',
  title: 'poison is set aside',
  scope: 'task',
  kinds: ['start'],
  judge,
}

function judge({ breach, promised }: Bench): Judge {
  const { maxCrashes = MAX_CRASHES } = promised
  return seeing({
    start(event) {
      if (event.crashes >= maxCrashes)
        breach(`was started although ${event.crashes} workers had been lost with it`, [event])
    },
  })
}
