import { isFinal } from '@bananasjs/core/contract'
import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** Once a result is final, everybody sees it final, and the same, for as long as it is kept. */
export const noRegress: Invariant = {
  id: 'I5',
  title: 'a result never goes back',
  scope: 'task',
  kinds: ['put', 'read'],
  undecidable: (_promised, { kinds }) => (kinds.has('read') ? undefined : 'no result was read'),
  judge,
}

function judge({ key, breach, circumstances }: Bench): Judge {
  let stored: EventOf<'put'> | undefined
  let seen: EventOf<'read'> | undefined
  const regress = (before: Known, now: EventOf<'read'>): void => {
    if (!circumstances.redriven(key)) breach(`was ${before.state}, and then ${now.state}`, [before, now])
  }
  return seeing({
    put(event) {
      if (stored === undefined && isFinal(event.state)) stored = event
    },
    read(event) {
      const before = known(seen, event)
      if (event.state !== 'unknown' && isFinal(event.state)) {
        if (before !== undefined && before.state !== event.state) regress(before, event)
        seen ??= event
        return
      }
      // Which state a put left behind nobody knows, if another came first; that it is final, everybody does.
      const final = before ?? known(stored, event)
      if (final !== undefined && !forgotten(stored, event)) regress(final, event)
    },
  })
}

type Known = EventOf<'put'> | EventOf<'read'>

/** What was there before the read was even asked for. */
function known(final: Known | undefined, { askedAt }: EventOf<'read'>): Known | undefined {
  return final !== undefined && final.at < askedAt ? final : undefined
}

/** Its time may be over: nobody has seen when it was stored, or that was long enough ago. */
function forgotten(stored: EventOf<'put'> | undefined, { state, at }: EventOf<'read'>): boolean {
  return state === 'unknown' && (stored === undefined || at >= stored.at + stored.ttlMs)
}
