import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SUFFIX } from './history-file.ts'
import type { HistoryEvent } from './history-event.ts'
import { mergeSorted } from './merge-sorted.ts'

const CHUNK_BYTES = 64 * 1024

/** What a reading came across. Filled while it goes on. */
export interface ReadingNotes {
  /** Records that were cut short: at most the last of a process that died while it wrote. */
  torn: number
  /** Lines in the middle that are no records, with their file: a disk was full, or somebody else wrote. */
  readonly damaged: string[]
}

export function readingNotes(): ReadingNotes {
  return { torn: 0, damaged: [] }
}

export function historyFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .toSorted()
    .map((name) => join(folder, name))
}

export function bytesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0)
}

/**
 * What all processes of a run wrote, in the order of time. Holds one chunk of 64 KiB per process that was alive at that
 * moment, however long the history is.
 */
export function* readHistory(folder: string, notes: ReadingNotes = readingNotes()): Generator<HistoryEvent> {
  const readers = historyFiles(folder).map((file) => ({
    from: firstAt(file),
    open: () => readFile(file, notes),
  }))
  yield* mergeSorted(readers, ({ at }) => at)
}

/** The events of one file, in the order in which they were written. */
export function* readFile(file: string, notes: ReadingNotes): Generator<HistoryEvent> {
  const by = lifeOf(file)
  for (const { line, whole } of linesOf(file)) {
    const event = parseEvent(line, by)
    if (event !== undefined) yield event
    else if (whole) notes.damaged.push(`${basename(file)}: ${line.slice(0, 80)}`)
    else notes.torn += 1
  }
}

/** Lines as text; the last one without its end is not whole. */
export function* linesOf(file: string): Generator<{ readonly line: string; readonly whole: boolean }> {
  const fd = openSync(file, 'r')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let bytes = readSync(fd, chunk); bytes > 0; bytes = readSync(fd, chunk)) {
      const text =
        rest.length === 0 ? chunk.subarray(0, bytes) : Buffer.concat([rest, chunk.subarray(0, bytes)])
      // Cut at bytes, not at characters: a chunk may end in the middle of one.
      const end = text.lastIndexOf(0x0a)
      for (const line of text.toString('utf8', 0, Math.max(0, end)).split('\n'))
        if (line !== '') yield { line, whole: true }
      rest = Buffer.from(text.subarray(end + 1))
    }
    if (rest.length > 0) yield { line: rest.toString(), whole: false }
  } finally {
    closeSync(fd)
  }
}

/** When the first event of a file happened; a file without any is never opened again. */
function firstAt(file: string): number {
  for (const { line } of linesOf(file)) return parseEvent(line, '')?.at ?? Infinity
  return Infinity
}

/** Who wrote the file. */
export function lifeOf(file: string): string {
  return decodeURIComponent(basename(file, SUFFIX))
}

/** `undefined` for what is no record. */
export function parseEvent(line: string, by: string): HistoryEvent | undefined {
  try {
    const event = JSON.parse(line) as HistoryEvent & { by: string }
    if (typeof event.at !== 'number' || typeof event.kind !== 'string') return undefined
    event.by ??= by
    return event
  } catch {
    return undefined
  }
}
