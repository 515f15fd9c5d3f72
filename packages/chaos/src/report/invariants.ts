import type { RunFindings } from '../experiment/findings.ts'
import type { TaskEntry } from '../experiment/ledger.ts'
import type { GroupFigures, InvariantReport, Recovery } from './report.ts'

export interface InvariantFacts {
  readonly entries: readonly TaskEntry[]
  readonly findings: RunFindings
  readonly figures: GroupFigures
  readonly recovery: Recovery
  readonly retries: number
  /** The broker holds nothing any more, by its own count; `undefined` when it cannot be asked. */
  readonly drained: boolean | undefined
}

interface Promised {
  readonly id: string
  readonly title: string
  /** The shortest account of what breaks it. */
  readonly broken: (facts: InvariantFacts) => string | undefined
  readonly detail: (facts: InvariantFacts) => string
}

const PROMISES: readonly Promised[] = [
  {
    id: 'I1',
    title: 'no acknowledged task is lost',
    broken: (facts) => (facts.figures.lost === 0 ? undefined : lostTasks(facts)),
    detail: ({ figures }) => `${figures.acknowledged} acknowledged, none lost`,
  },
  {
    id: 'I2',
    title: 'nothing is altered',
    broken: ({ figures: { wrong } }) =>
      wrong === 0 ? undefined : `${wrong} results are not what they should be`,
    detail: () => 'every result is that of its task',
  },
  {
    id: 'I3',
    title: 'one final state',
    broken: ({ entries }) => bothWays(entries),
    detail: () => 'no task is both done and dead',
  },
  {
    id: 'I4',
    title: 'a lease has one holder',
    broken: ({ findings: { overlaps } }) => (overlaps.length === 0 ? undefined : shown(overlaps)),
    detail: () => 'no task ran at two live workers at once, unless a fault took the lease away',
  },
  {
    id: 'I6',
    title: 'duplicates are explained',
    broken: ({ findings }) => unexplained(findings),
    detail: ({ findings }) => `${findings.duplicated} duplicates, each with its cause`,
  },
  {
    id: 'I7',
    title: 'retries are bounded',
    broken: tooOften,
    detail: ({ retries }) => `no task failed more than ${retries + 1} times`,
  },
]

/** The promises that can be judged from what sender and workers wrote down. */
export function judgeInvariants(facts: InvariantFacts): readonly InvariantReport[] {
  const judged = PROMISES.map(({ id, title, broken, detail }): InvariantReport => {
    const violation = broken(facts)
    if (violation === undefined) return { id, title, outcome: 'held', detail: detail(facts) }
    return { id, title, outcome: 'violated', detail: violation }
  })
  return [...judged, drainedReport(facts.drained), recoveryReport(facts.recovery)]
}

function drainedReport(drained: boolean | undefined): InvariantReport {
  const title = 'the broker agrees that nothing is left'
  if (drained === undefined) return { id: 'I1b', title, outcome: 'not checked', detail: 'it cannot be asked' }
  if (drained) return { id: 'I1b', title, outcome: 'held', detail: 'its queue is empty' }
  return { id: 'I1b', title, outcome: 'violated', detail: 'it still holds tasks' }
}

function recoveryReport({ recoverMs }: Recovery): InvariantReport {
  const title = 'throughput recovers'
  if (recoverMs === undefined)
    return { id: 'I17', title, outcome: 'not checked', detail: 'the recovery was too short to tell' }
  return { id: 'I17', title, outcome: 'held', detail: `back at 90 % after ${Math.round(recoverMs)} ms` }
}

function unexplained({ repeats }: RunFindings): string | undefined {
  const found = repeats.filter(({ cause }) => cause === 'unexplained')
  return found.length === 0 ? undefined : shown(found.map(({ task, text }) => `task ${task}: ${text}`))
}

function tooOften({ entries, retries }: InvariantFacts): string | undefined {
  const most = retries + 1
  const found = entries.filter(({ runs }) => runs.filter(({ outcome }) => outcome === 'failed').length > most)
  return found.length === 0 ? undefined : `${found.length} tasks failed more than ${most} times`
}

function lostTasks({ entries }: InvariantFacts): string {
  const lost = entries.filter((entry) => isLost(entry)).map(({ task }) => `task ${task}`)
  return `lost: ${shown(lost)}`
}

export function isLost({ acknowledgedAt, doneAt, dead }: TaskEntry): boolean {
  return acknowledgedAt !== undefined && doneAt === undefined && !dead
}

function bothWays(entries: readonly TaskEntry[]): string | undefined {
  const both = entries.filter(({ doneAt, dead, wrong }) => doneAt !== undefined && dead && !wrong)
  return both.length === 0
    ? undefined
    : `done and dead at once: ${shown(both.map(({ task }) => `task ${task}`))}`
}

const SHOWN = 5

function shown(texts: readonly string[]): string {
  const rest = texts.length - SHOWN
  return `${texts.slice(0, SHOWN).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
}
