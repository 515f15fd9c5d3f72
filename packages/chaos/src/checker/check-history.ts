import type { HistoryEvent } from '../history/history-event.ts'
import { Circumstances, tells } from './circumstances.ts'
import type { Finding, Judgement } from './findings.ts'
import type { Invariant } from './invariant.ts'
import { INVARIANTS } from './invariants/index.ts'
import { Judging } from './judging.ts'
import type { Promised } from './promised.ts'

/** Judges a history that is in memory. Events of one moment stand in the order in which they happened. */
export function checkHistory(
  events: readonly HistoryEvent[],
  promised: Promised = {},
  invariants: readonly Invariant[] = INVARIANTS,
): Judgement {
  const ordered = events.toSorted((a, b) => a.at - b.at)
  const circumstances = new Circumstances()
  for (const event of ordered) {
    circumstances.count(event.kind)
    if (tells(event.kind)) circumstances.add(event)
  }
  const judging = new Judging(invariants, promised, circumstances)
  for (const event of ordered) judging.see(event)
  judging.end()
  return judgement(judging.findings(), { events: events.length, torn: 0, damaged: [] })
}

export function judgement(
  findings: readonly Finding[],
  reading: Pick<Judgement, 'events' | 'torn' | 'damaged'>,
): Judgement {
  const doubtful = findings.some(({ outcome, judged }) => outcome === 'not decidable' && judged > 0)
  const violated = findings.some(({ outcome }) => outcome === 'violated')
  const certain = !doubtful && reading.damaged.length === 0 && reading.events > 0
  return { verdict: violated ? 'violated' : certain ? 'kept' : 'inconclusive', ...reading, findings }
}
