import type { EventKind, HistoryEvent } from '../history/history-event.ts'
import type { Circumstances } from './circumstances.ts'
import type { Breach, Finding } from './findings.ts'
import type { Invariant, Judge, Scope } from './invariant.ts'
import type { Promised } from './promised.ts'
import { KEY_OF } from './scopes.ts'

/** Breaches that are kept with their evidence; the rest are counted. */
const SHOWN = 5

interface Tally {
  readonly invariant: Invariant
  readonly undecidable: string | undefined
  judged: number
  violations: number
  doubts: number
  doubt: string | undefined
  readonly breaches: Breach[]
}

/** The invariants of one scope, and which of them look at which kind of event. */
interface Docket {
  readonly scope: Scope
  readonly tallies: readonly Tally[]
  readonly byKind: ReadonlyMap<EventKind, readonly number[]>
  readonly open: Map<string, (Judge | undefined)[]>
}

/** Shows events, in the order of time, to the judges of their keys, and keeps count of what these find. */
export class Judging {
  readonly #promised: Promised
  readonly #circumstances: Circumstances
  readonly #tallies: readonly Tally[]
  readonly #dockets: readonly Docket[]

  constructor(invariants: readonly Invariant[], promised: Promised, circumstances: Circumstances) {
    this.#promised = promised
    this.#circumstances = circumstances
    this.#tallies = invariants.map((invariant) => ({
      invariant,
      undecidable: invariant.undecidable?.(promised, circumstances),
      judged: 0,
      violations: 0,
      doubts: 0,
      doubt: undefined,
      breaches: [],
    }))
    this.#dockets = docketsOf(this.#tallies)
  }

  /** Only the scopes named, or all. */
  see(event: HistoryEvent, scopes?: ReadonlySet<Scope>): void {
    for (const docket of this.#dockets) {
      if (scopes !== undefined && !scopes.has(docket.scope)) continue
      const interested = docket.byKind.get(event.kind)
      if (interested === undefined) continue
      const key = KEY_OF[docket.scope](event, this.#promised)
      if (key === undefined) continue
      if (typeof key === 'string') this.#show(docket, key, { event, interested })
      else for (const one of key) this.#show(docket, one, { event, interested })
    }
  }

  /** No more events will come for the keys seen so far. */
  end(): void {
    for (const docket of this.#dockets) {
      for (const judges of docket.open.values()) for (const judge of judges) judge?.end?.()
      docket.open.clear()
    }
  }

  findings(): readonly Finding[] {
    return this.#tallies.map(findingOf)
  }

  #show(
    docket: Docket,
    key: string,
    { event, interested }: { readonly event: HistoryEvent; readonly interested: readonly number[] },
  ): void {
    let judges = docket.open.get(key)
    if (judges === undefined) docket.open.set(key, (judges = []))
    for (const index of interested) (judges[index] ??= this.#judge(docket.tallies[index]!, key)).see(event)
  }

  #judge(tally: Tally, key: string): Judge {
    tally.judged += 1
    return tally.invariant.judge({
      key,
      promised: this.#promised,
      circumstances: this.#circumstances,
      breach(text, evidence) {
        tally.violations += 1
        if (tally.breaches.length < SHOWN) tally.breaches.push({ key, text, evidence })
      },
      doubt(why) {
        tally.doubts += 1
        tally.doubt ??= why
      },
    })
  }
}

function docketsOf(tallies: readonly Tally[]): readonly Docket[] {
  const scopes = new Set(tallies.map(({ invariant }) => invariant.scope))
  return [...scopes].map((scope) => {
    const own = tallies.filter(
      ({ invariant, undecidable }) => invariant.scope === scope && undecidable === undefined,
    )
    const byKind = new Map<EventKind, number[]>()
    for (const [index, { invariant }] of own.entries())
      for (const kind of invariant.kinds) byKind.set(kind, [...(byKind.get(kind) ?? []), index])
    return { scope, tallies: own, byKind, open: new Map() }
  })
}

function findingOf(tally: Tally): Finding {
  const { judged, violations, breaches } = tally
  const { id, title } = tally.invariant
  return { id, title, ...outcomeOf(tally), judged, violations, breaches }
}

function outcomeOf({
  undecidable,
  judged,
  violations,
  doubts,
  doubt,
  breaches,
}: Tally): Pick<Finding, 'outcome' | 'why'> {
  if (violations > 0)
    return {
      outcome: 'violated',
      why: `${violations} times, first: ${breaches[0]!.key}: ${breaches[0]!.text}`,
    }
  if (undecidable !== undefined) return { outcome: 'not decidable', why: undecidable }
  if (judged === 0) return { outcome: 'not decidable', why: 'the history holds nothing of the kind' }
  if (doubts > 0) return { outcome: 'not decidable', why: `${doubts} of ${judged}: ${doubt}` }
  return { outcome: 'kept', why: `${judged} judged` }
}
