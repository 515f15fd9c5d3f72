import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicMs } from '../experiment/facts.ts'
import type { EventBody, History } from './history-event.ts'

export const SUFFIX = '.history'

export interface HistoryFile extends History {
  /** Absolute or as given: where it is written. */
  readonly path: string
  close(): void
}

export interface HistoryFileOptions {
  /** One folder for all processes of a run; made when it is not there. */
  readonly folder: string
  /** One life of one process, in file names: letters, digits, dots and hyphens. Default: process id and start time. */
  readonly by?: string
  readonly now?: () => number
}

/**
 * The history of this process: one JSON object a line, in a file of its own. Each call appends with one write before it
 * returns, so a SIGKILL loses nothing that was written: the page cache outlives the process. A power cut may lose the end.
 */
export function historyFile(options: HistoryFileOptions): HistoryFile {
  const { folder, now = monotonicMs } = options
  const by = options.by ?? `${process.pid}.${process.hrtime.bigint()}`
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${encodeURIComponent(by)}${SUFFIX}`)
  const file = openSync(path, 'a')
  const write = (...bodies: readonly EventBody[]): void => {
    const at = Math.round(now() * 1000) / 1000
    let lines = ''
    for (const body of bodies) lines += `${JSON.stringify({ at, ...body })}\n`
    writeSync(file, lines)
  }
  write({ kind: 'up' })
  return { path, now, write, close: () => closeSync(file) }
}
