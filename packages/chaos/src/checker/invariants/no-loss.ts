import { isFinal } from '@bananasjs/core/contract'
import type { EventOf, HistoryEvent } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** What the broker said yes to was done, is dead, has expired or was revoked, once the broker holds nothing any more. */
export const noLoss: Invariant = {
  id: 'I1',
  title: 'no acknowledged task is lost',
  scope: 'task',
  kinds: ['send', 'sent', 'settled', 'end', 'letter', 'put', 'read', 'revoked'],
  judge,
}

function judge(bench: Bench): Judge {
  let send: EventOf<'send'> | undefined
  let sent: HistoryEvent | undefined
  let ended = false
  const over = (): void => void (ended = true)
  return seeing(
    {
      send: (event) => void (send = event),
      sent: (event) => void (sent = event),
      settled: ({ as }) => {
        // Unstarted, and nobody wanted to hear of it: it had expired, or another task took its place.
        const mayEndUnstarted = send?.expiresInMs !== undefined || send?.unique !== undefined
        if (as === 'deadLetter' || (as === 'ack' && mayEndUnstarted)) over()
      },
      end: ({ outcome }) => outcome === 'done' && over(),
      letter: over,
      put: ({ state }) => isFinal(state) && over(),
      read: ({ state }) => state !== 'unknown' && isFinal(state) && over(),
      revoked: over,
    },
    () => {
      if (sent === undefined || ended) return
      const { drained, counts } = bench.circumstances
      const queue = send?.queue ?? [...counts.keys()][0] ?? ''
      const count = counts.get(queue) ?? [...counts.values()][0]
      if (drained === true && count !== undefined)
        bench.breach('was accepted, never ended, and the broker holds nothing any more', [sent, count])
      else if (drained === false) bench.doubt('has not ended, and the broker still holds tasks')
      else bench.doubt('has not ended, and the broker was not asked what it still holds')
    },
  )
}
