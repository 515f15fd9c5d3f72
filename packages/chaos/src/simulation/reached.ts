import type { HistoryEvent } from '../history/history-event.ts'

/** Something that must happen in some runs, or these have tested nothing. */
export type Landmark =
  | 'a worker died with a task'
  | 'a lease ran out'
  | 'a task ran twice'
  | 'a message was stored twice'
  | 'an answer to a send got lost'
  | 'a task was tried again'
  | 'a task died'
  | 'a task expired'
  | 'a task was revoked'
  | 'a run was aborted'
  | 'a task took its worker along twice'
  | 'a lease was prolonged'
  | 'a final result was read'

const LANDMARKS: Readonly<Record<Landmark, (events: readonly HistoryEvent[]) => boolean>> = {
  'a worker died with a task': diedHolding,
  'a lease ran out': (events) => events.some(({ kind }) => kind === 'lost'),
  'a task ran twice': ranTwice,
  'a message was stored twice': storedTwice,
  'an answer to a send got lost': (events) => events.some(({ kind }) => kind === 'unsure'),
  'a task was tried again': (events) => events.some((event) => event.kind === 'start' && event.attempt > 1),
  'a task died': (events) => events.some(({ kind }) => kind === 'letter'),
  'a task expired': (events) => events.some((event) => event.kind === 'put' && event.state === 'expired'),
  'a task was revoked': (events) => events.some(({ kind }) => kind === 'revoked'),
  'a run was aborted': (events) =>
    events.some((event) => event.kind === 'end' && event.outcome === 'aborted'),
  'a task took its worker along twice': (events) =>
    events.some((event) => event.kind === 'start' && event.crashes >= 2),
  'a lease was prolonged': (events) => events.some(({ kind }) => kind === 'extended'),
  'a final result was read': (events) =>
    events.some((event) => event.kind === 'read' && event.state === 'succeeded'),
}

export function reachedIn(events: readonly HistoryEvent[]): Readonly<Record<Landmark, boolean>> {
  return Object.fromEntries(
    Object.entries(LANDMARKS).map(([name, holds]) => [name, holds(events)]),
  ) as Readonly<Record<Landmark, boolean>>
}

function diedHolding(events: readonly HistoryEvent[]): boolean {
  const running = new Map<string, number>()
  for (const event of events) {
    const { by, kind } = event
    if (kind === 'start') running.set(by, (running.get(by) ?? 0) + 1)
    if (kind === 'end') running.set(by, (running.get(by) ?? 0) - 1)
    if (kind === 'killed' && (running.get(event.victim) ?? 0) > 0) return true
  }
  return false
}

function ranTwice(events: readonly HistoryEvent[]): boolean {
  const done = events.filter((event) => event.kind === 'end' && event.outcome === 'done')
  return new Set(done.map((event) => ('task' in event ? event.task : ''))).size < done.length
}

function storedTwice(events: readonly HistoryEvent[]): boolean {
  const stored = events.flatMap((event) => (event.kind === 'stored' ? [event.task] : []))
  return new Set(stored).size < stored.length
}
