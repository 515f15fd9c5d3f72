import { tmpdir } from 'node:os'
import type { EventKind, HistoryEvent } from '../history/history-event.ts'
import {
  bytesOf,
  historyFiles,
  linesOf,
  lifeOf,
  parseEvent,
  readHistory,
  readingNotes,
} from '../history/read-history.ts'
import { EventBuckets } from './event-buckets.ts'
import { judgement } from './check-history.ts'
import { Circumstances, tells } from './circumstances.ts'
import type { Judgement } from './findings.ts'
import type { Invariant, Scope } from './invariant.ts'
import { INVARIANTS } from './invariants/index.ts'
import { Judging } from './judging.ts'
import type { Promised } from './promised.ts'

export interface CheckFolderOptions {
  readonly invariants?: readonly Invariant[]
  /** Where the events are sorted by key; as much room as the history itself. Default: the system's folder for such files. */
  readonly scratch?: string
}

/** What these hold is what is open at one moment; of the other scopes there may be as many keys as tasks. */
const STREAMED: ReadonlySet<Scope> = new Set([
  'flow',
  'limit',
  'schedule',
  'process',
  'source',
  'gauge',
  'run',
])

/**
 * Judges the files of a folder in bounded memory, however long they are: what all processes wrote is merged in the order
 * of time and dealt out by key into buckets on disk, which are then judged one after the other. Blocks until it is done.
 */
export function checkHistoryFolder(
  folder: string,
  promised: Promised = {},
  options: CheckFolderOptions = {},
): Judgement {
  const { invariants = INVARIANTS, scratch = tmpdir() } = options
  const files = historyFiles(folder)
  const circumstances = circumstancesOf(files)
  const judging = new Judging(invariants, promised, circumstances)
  const notes = readingNotes()
  const buckets = new EventBuckets(scratch, bytesOf(files))
  let events = 0
  try {
    for (const event of readHistory(folder, notes)) {
      events += 1
      judging.see(event, STREAMED)
      buckets.deal(event, promised)
    }
    judging.end()
    for (const { scope, rows } of buckets.read()) {
      const only = new Set([scope])
      for (const event of rows) judging.see(event, only)
      judging.end()
    }
  } finally {
    buckets.close()
  }
  return judgement(judging.findings(), { events, torn: notes.torn, damaged: notes.damaged })
}

const KIND = '"kind":"'

/** A first look: only what says something of the run as a whole is parsed. */
function circumstancesOf(files: readonly string[]): Circumstances {
  const circumstances = new Circumstances()
  const telling: HistoryEvent[] = []
  for (const file of files) {
    const by = lifeOf(file)
    for (const { line, whole } of linesOf(file)) {
      const from = line.indexOf(KIND) + KIND.length
      const kind = line.slice(from, line.indexOf('"', from)) as EventKind
      const event = whole && tells(kind) ? parseEvent(line, by) : undefined
      if (event !== undefined) telling.push(event)
      if (whole) circumstances.count(kind)
    }
  }
  for (const event of telling.toSorted((a, b) => a.at - b.at)) circumstances.add(event)
  return circumstances
}
