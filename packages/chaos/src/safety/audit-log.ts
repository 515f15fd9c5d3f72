import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** One line of the log. */
export interface AuditEntry {
  readonly at: string
  readonly who: string
  readonly what: string
  readonly details?: unknown
  /** SHA-256 of the line before; of nothing at first. A line that was changed or taken out breaks the chain. */
  readonly previous: string
}

export type Audit = (what: string, details?: unknown) => void

/**
 * Appends to a file what an experiment does, each line before the deed it tells of. Nothing is ever rewritten.
 * @param path without one, nothing is kept
 */
export function auditLog(path: string | undefined): Audit {
  if (path === undefined) return () => undefined
  let previous = existsSync(path) ? lastHash(path) : ''
  const who = nameOfUser()
  return (what, details) => {
    const entry: AuditEntry = {
      at: new Date().toISOString(),
      who,
      what,
      ...(details !== undefined && { details }),
      previous,
    }
    const line = JSON.stringify(entry)
    appendFileSync(path, `${line}\n`)
    previous = hash(line)
  }
}

/** The number of the first line that does not follow from the one before it; `undefined` when the log is whole. */
export function brokenAuditLine(path: string): number | undefined {
  let previous = ''
  for (const [index, line] of linesOf(path).entries()) {
    if (previousOf(line) !== previous) return index + 1
    previous = hash(line)
  }
  return undefined
}

function previousOf(line: string): string | undefined {
  try {
    return (JSON.parse(line) as AuditEntry).previous
  } catch {
    return undefined
  }
}

function lastHash(path: string): string {
  const last = linesOf(path).at(-1)
  return last === undefined ? '' : hash(last)
}

function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function hash(line: string): string {
  return createHash('sha256').update(line).digest('hex')
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
