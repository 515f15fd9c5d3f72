/** What a worker wrote down about a task of the load. */
export interface RunFact {
  /** `dead`: about to be set aside for good; if that does not come through, the task comes again. */
  readonly kind: 'start' | 'end' | 'wrong' | 'fail' | 'dead'
  /** Number of the task. */
  readonly task: number
  readonly attempt: number
  readonly worker: string
  /** Monotonic ms, on a clock that all processes of this machine share. */
  readonly at: number
}

export type Group = 'fault' | 'control'

export interface TaskRun {
  readonly worker: string
  readonly startedAt: number
  endedAt: number | undefined
  outcome: 'running' | 'done' | 'wrong' | 'failed'
}

export interface TaskEntry {
  readonly task: number
  readonly group: Group
  readonly sentAt: number
  /** When the broker said yes. `undefined` while it has not, or when nobody knows. */
  acknowledgedAt: number | undefined
  refused: boolean
  /** Sent again because nobody knew whether it was stored. */
  resends: number
  doneAt: number | undefined
  wrong: boolean
  /** A worker set it aside, by its own account. */
  setAside: boolean
  dead: boolean
  readonly runs: TaskRun[]
}

export interface Counts {
  readonly sent: number
  readonly acknowledged: number
  readonly refused: number
  readonly done: number
  readonly wrong: number
  readonly dead: number
}

/** What became of each task of the load, as far as sender and workers have told. */
export class Ledger {
  readonly #entries: TaskEntry[] = []
  /** Attempts that have ended, newest last: for the live error rate. */
  readonly #endings: { readonly at: number; readonly failed: boolean }[] = []
  readonly #open = new Set<TaskEntry>()

  get entries(): readonly TaskEntry[] {
    return this.#entries
  }

  /** A task is about to be sent; returns its number. */
  sent(group: Group, at: number): number {
    const task = this.#entries.length
    this.#entries.push({
      task,
      group,
      sentAt: at,
      acknowledgedAt: undefined,
      refused: false,
      resends: 0,
      doneAt: undefined,
      wrong: false,
      setAside: false,
      dead: false,
      runs: [],
    })
    return task
  }

  acknowledged(task: number, at: number): void {
    const entry = this.#entries[task]!
    entry.acknowledgedAt = at
    if (entry.doneAt === undefined) this.#open.add(entry)
  }

  resent(task: number): void {
    this.#entries[task]!.resends += 1
  }

  refused(task: number): void {
    this.#entries[task]!.refused = true
  }

  dead(task: number): void {
    const entry = this.#entries[task]
    if (entry === undefined) return
    entry.dead = true
    this.#open.delete(entry)
  }

  /** Facts of one worker come in order; those of several need not. */
  add(fact: RunFact): void {
    const entry = this.#entries[fact.task]
    if (entry === undefined) return
    if (fact.kind === 'start') {
      entry.runs.push({ worker: fact.worker, startedAt: fact.at, endedAt: undefined, outcome: 'running' })
      return
    }
    if (fact.kind === 'dead') {
      entry.setAside = true
      return
    }
    const run = entry.runs.findLast((one) => one.worker === fact.worker && one.endedAt === undefined)
    if (run === undefined) return
    run.endedAt = fact.at
    run.outcome = fact.kind === 'end' ? 'done' : fact.kind === 'wrong' ? 'wrong' : 'failed'
    this.#endings.push({ at: fact.at, failed: fact.kind === 'fail' })
    if (fact.kind === 'fail') return
    entry.doneAt ??= fact.at
    if (fact.kind === 'wrong') entry.wrong = true
    this.#open.delete(entry)
  }

  /** What workers have set aside, and nobody has done. */
  get setAside(): readonly number[] {
    return this.#entries.filter((one) => one.setAside && one.doneAt === undefined).map(({ task }) => task)
  }

  /** Acknowledged tasks that are neither done nor dead. */
  get unfinished(): number {
    return this.#open.size
  }

  /** When the oldest of them was sent. */
  get oldestOpenAt(): number | undefined {
    for (const { sentAt } of this.#open) return sentAt
    return undefined
  }

  /** Attempts that ended since then, and how many of them failed. */
  endingsSince(at: number): { readonly ended: number; readonly failed: number } {
    let ended = 0
    let failed = 0
    for (let index = this.#endings.length - 1; index >= 0; index -= 1) {
      const ending = this.#endings[index]!
      if (ending.at < at) break
      ended += 1
      if (ending.failed) failed += 1
    }
    return { ended, failed }
  }

  counts(group?: Group): Counts {
    const own = group === undefined ? this.#entries : this.#entries.filter((entry) => entry.group === group)
    const count = (wanted: (entry: TaskEntry) => boolean): number => own.filter(wanted).length
    return {
      sent: own.length,
      acknowledged: count(({ acknowledgedAt }) => acknowledgedAt !== undefined),
      refused: count(({ refused }) => refused),
      done: count(({ doneAt, acknowledgedAt }) => doneAt !== undefined && acknowledgedAt !== undefined),
      wrong: count(({ wrong }) => wrong),
      dead: count(({ dead, doneAt }) => dead && doneAt === undefined),
    }
  }
}
