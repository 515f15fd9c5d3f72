import type { EventKind, EventOf, HistoryEvent } from '../history/history-event.ts'
import type { Circumstances } from './circumstances.ts'
import type { Promised } from './promised.ts'

/** One promise, as data: what it looks at, what is judged on its own, and how. */
export interface Invariant {
  /** As in the catalogue: I1 to I20. */
  readonly id: string
  /** The promise itself. */
  readonly title: string
  /** What belongs together: all events of one task, one key, one flow … are judged by themselves. */
  readonly scope: Scope
  /** What the judgement looks at. Nothing else is shown to it. */
  readonly kinds: readonly EventKind[]
  /** Why nothing can be said, when something is missing that no event of its kinds would tell. */
  readonly undecidable?: (promised: Promised, circumstances: Circumstances) => string | undefined
  /** Begins to judge one key. Must hold what it needs of it, and no more: there may be millions. */
  readonly judge: (bench: Bench) => Judge
}

export type Scope = 'task' | 'unique' | 'flow' | 'limit' | 'schedule' | 'process' | 'source' | 'gauge' | 'run'

/** Hears the events of one key in the order of time. */
export interface Judge {
  readonly see: (event: HistoryEvent) => void
  /** After the last. */
  readonly end?: () => void
}

/** What a judge has before it, and whom it tells. */
export interface Bench {
  readonly key: string
  readonly promised: Promised
  readonly circumstances: Circumstances
  /** It was broken. `evidence` is the shortest history that shows it, in the order of time. */
  readonly breach: (text: string, evidence: readonly HistoryEvent[]) => void
  /** Nobody can tell, for this key. */
  readonly doubt: (why: string) => void
}

/** A judge made of one function per kind of event. */
export function seeing(
  on: { readonly [K in EventKind]?: (event: EventOf<K>) => void },
  end?: () => void,
): Judge {
  const table = on as Readonly<Record<string, ((event: HistoryEvent) => void) | undefined>>
  return { see: (event) => table[event.kind]?.(event), ...(end && { end }) }
}

/**
 * An earlier hand-over that is told only now: a process that stood still writes down what it was given when it goes on, and
 * by then its lease has ended and `known`, a later hand-over, was told before it.
 */
export function isToldLate(lease: EventOf<'lease'>, known: EventOf<'lease'> | undefined): boolean {
  return known !== undefined && lease.askedAt <= known.at && lease.deliveries < known.deliveries
}

export const CLOCK_MS = 5

/** By how much two moments of the broker may seem to be in the wrong order. */
export function grainOf({ clockMs = CLOCK_MS }: Promised): number {
  return clockMs
}
