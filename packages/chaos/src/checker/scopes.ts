import type { HistoryEvent } from '../history/history-event.ts'
import type { Scope } from './invariant.ts'
import type { Promised } from './promised.ts'

type KeyOf = (event: HistoryEvent, promised: Promised) => string | readonly string[] | undefined

/** Which key of each scope an event belongs to. */
export const KEY_OF: Readonly<Record<Scope, KeyOf>> = {
  task: (event) => ('task' in event && event.kind !== 'plan' ? event.task : undefined),
  unique: (event) => ('unique' in event ? event.unique : undefined),
  flow: () => '',
  limit: (event, { limits = [] }) => {
    if (!('name' in event)) return event.kind === 'lost' ? limits.map(({ name }) => name) : undefined
    const of = limits.filter(({ tasks }) => tasks.includes(event.name!))
    return of.length === 0 ? undefined : of.map(({ name }) => name)
  },
  schedule: (event) => {
    if (event.kind === 'due') return `${event.schedule} ${event.tick}`
    if (event.kind !== 'send' || event.schedule === undefined) return undefined
    return `${event.schedule} ${event.tick}`
  },
  process: (event) => event.by,
  source: (event) => ('source' in event ? event.source : undefined),
  gauge: (event) => (event.kind === 'gauge' ? event.name : undefined),
  run: () => '',
}
