import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { now } from '../matrix/history.ts'

/** A run of a step, written down before it can have an effect. */
export interface Begun {
  readonly id: string
  readonly attempt: number
  /** The process. */
  readonly by: string
  readonly at: bigint
}

/** One file a process. `writeSync` survives a SIGKILL of the writer. */
export function begunWriter(folder: string): (id: string, attempt: number) => void {
  const file = openSync(join(folder, `${process.pid}-${now()}.begun`), 'a')
  return (id, attempt) => void writeSync(file, `${id} ${attempt} ${process.pid} ${now()}\n`)
}

/** By id, each in the order of time. */
export function readBegun(folder: string): ReadonlyMap<string, readonly Begun[]> {
  const found = new Map<string, Begun[]>()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.begun')))
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [id = '', attempt, by = '', at = ''] = line.split(' ')
      if (at === '') continue
      const one = { id, attempt: Number(attempt), by, at: BigInt(at) }
      found.set(id, [...(found.get(id) ?? []), one])
    }
  for (const list of found.values()) list.sort((a, b) => (a.at < b.at ? -1 : 1))
  return found
}

/**
 * Runs that nothing excuses: an attempt is begun again only when the process of the run before was killed.
 * @param deaths process → moment it was killed
 */
export function unexcused(
  begun: ReadonlyMap<string, readonly Begun[]>,
  deaths: ReadonlyMap<string, bigint>,
): readonly string[] {
  const found: string[] = []
  for (const [id, runs] of begun)
    for (const [at, run] of runs.entries()) {
      const before = runs[at - 1]
      if (before === undefined || run.attempt > before.attempt) continue
      const death = deaths.get(before.by)
      if (death === undefined || death > run.at)
        found.push(`${id}: attempt ${run.attempt} begun by ${run.by}, while ${before.by} was alive with it`)
    }
  return found
}
