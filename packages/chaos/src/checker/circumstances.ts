import type { EventKind, EventOf, FaultTarget, HistoryEvent } from '../history/history-event.ts'

export interface FaultSpan {
  readonly name: string
  readonly of: FaultTarget
  readonly from: number
  to: number
}

export interface Life {
  stoppingAt: number | undefined
  /** Ended, by itself or by force. */
  downAt: number | undefined
  killed: boolean
}

const TOLD_OF: ReadonlySet<EventKind> = new Set([
  'stopping',
  'down',
  'killed',
  'fault',
  'healed',
  'redrive',
  'listed',
  'counts',
] satisfies EventKind[])

/** Only events of such a kind say something of the run as a whole. */
export function tells(kind: EventKind): boolean {
  return TOLD_OF.has(kind)
}

/**
 * What happened to the run as a whole, gathered before anything is judged: which processes died and when, what was broken
 * and for how long, what the broker says it still holds. Grows with the faults of a run, not with its tasks.
 */
export class Circumstances {
  readonly faults: FaultSpan[] = []
  readonly lives: Map<string, Life> = new Map()
  readonly redrives: EventOf<'redrive'>[] = []
  /** By queue, when its dead letters had all been read. */
  readonly listed: Map<string, EventOf<'listed'>> = new Map()
  /** By queue, the last count. */
  readonly counts: Map<string, EventOf<'counts'>> = new Map()
  /** How often each kind of event was seen. */
  readonly kinds: Map<EventKind, number> = new Map()
  /** When everything was whole again, for the last time. */
  healedAt: EventOf<'healed'> | undefined

  count(kind: EventKind): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
  }

  /** Events for which `tells` holds. */
  add(event: HistoryEvent): void {
    switch (event.kind) {
      case 'fault':
        return void this.faults.push({ name: event.name, of: event.of, from: event.at, to: Infinity })
      case 'healed':
        return this.#healed(event)
      case 'redrive':
        return void this.redrives.push(event)
      case 'listed':
        return void this.listed.set(event.queue, event)
      case 'counts':
        return void this.counts.set(event.queue, event)
      default:
        return this.#lived(event)
    }
  }

  /** When a process ended; `Infinity` while it lives. */
  endOf(by: string): number {
    return this.lives.get(by)?.downAt ?? Infinity
  }

  /** Something of that kind was broken at some time between the two. */
  broken(of: readonly FaultTarget[], from: number, to: number): boolean {
    return this.faults.some((fault) => of.includes(fault.of) && fault.from <= to && fault.to >= from)
  }

  /** The broker says that nothing is left: no task waits, none is held. `undefined` when it was not asked. */
  get drained(): boolean | undefined {
    if (this.counts.size === 0) return undefined
    return [...this.counts.values()].every(({ ready, delayed, leased }) => ready + delayed + leased === 0)
  }

  /** Dead letters of that queue, or this one of them, were put back. */
  redriven(task: string): boolean {
    return this.redrives.some(({ tasks }) => tasks === undefined || tasks.includes(task))
  }

  #healed(event: EventOf<'healed'>): void {
    this.healedAt = event
    for (const fault of this.faults)
      if (fault.to === Infinity && (event.name === undefined || event.name === fault.name))
        fault.to = event.at
  }

  #lived(event: HistoryEvent): void {
    if (event.kind === 'stopping') this.#life(event.by).stoppingAt ??= event.at
    else if (event.kind === 'down') this.#life(event.by).downAt ??= event.at
    else if (event.kind === 'killed') this.#killed(event)
  }

  #killed({ victim, at }: EventOf<'killed'>): void {
    const life = this.#life(victim)
    life.downAt ??= at
    life.killed = true
  }

  #life(by: string): Life {
    let life = this.lives.get(by)
    if (life === undefined)
      this.lives.set(by, (life = { stoppingAt: undefined, downAt: undefined, killed: false }))
    return life
  }
}
