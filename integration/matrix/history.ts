import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What really happened, written past the queue: one file per process, one line per fact, written before the fact
 * can have an effect. `writeSync` survives a SIGKILL of the writer.
 */
export class HistoryWriter {
  readonly #file: number

  constructor(folder: string) {
    this.#file = openSync(join(folder, `${process.pid}-${now()}.history`), 'a')
  }

  started(task: number): void {
    writeSync(this.#file, `S ${task} ${process.pid} ${now()}\n`)
  }

  ended(task: number): void {
    writeSync(this.#file, `E ${task} ${process.pid} ${now()}\n`)
  }

  /** Given back as a copy: sent to the broker once more, the message it came in is to be acknowledged next. */
  copied(task: number): void {
    writeSync(this.#file, `C ${task} ${process.pid} ${now()}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** Nanoseconds on a clock that all processes of this machine share. */
export function now(): bigint {
  return process.hrtime.bigint()
}

export interface Run {
  readonly task: number
  readonly process: string
  readonly startedAt: bigint
  /** `undefined`: the process died first. */
  endedAt: bigint | undefined
}

export interface History {
  /** Every run of every task, in order of start. */
  readonly runs: readonly Run[]
  /** Task → processes that gave it back as a copy. */
  readonly copies: ReadonlyMap<number, readonly string[]>
}

export function readHistory(folder: string): History {
  const runs: Run[] = []
  const copies = new Map<number, readonly string[]>()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.history'))) {
    const open = new Map<string, Run>()
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [kind, task, pid, at] = line.split(' ')
      if (at === undefined || at === '') continue
      if (kind === 'C') copies.set(Number(task), [...(copies.get(Number(task)) ?? []), `${pid}`])
      else if (kind === 'S') {
        const run: Run = { task: Number(task), process: `${pid}`, startedAt: BigInt(at), endedAt: undefined }
        open.set(task!, run)
        runs.push(run)
      } else {
        const run = open.get(task!)
        if (run !== undefined) run.endedAt = BigInt(at)
      }
    }
  }
  return { runs: runs.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)), copies }
}

export interface Verdict {
  /** Tasks that never ran to their end. */
  readonly lost: readonly number[]
  /** Tasks that ran to their end more than once. */
  readonly duplicated: number
  /** Runs of one task by two live workers at once. */
  readonly overlaps: readonly string[]
  /** Repeats of a task whose earlier holder was alive and well. */
  readonly unexplained: readonly string[]
  readonly runs: number
}

/**
 * @param deaths process → moment it was killed. One that was killed after it had given a task back as a copy, and before
 * the repeat, explains that repeat, whoever ran the task: both messages were there.
 */
export function judge(
  { runs, copies }: History,
  tasks: number,
  deaths: ReadonlyMap<string, bigint>,
): Verdict {
  const byTask = new Map<number, Run[]>()
  for (const run of runs) byTask.set(run.task, [...(byTask.get(run.task) ?? []), run])
  const lost: number[] = []
  const overlaps: string[] = []
  const unexplained: string[] = []
  let duplicated = 0
  for (let task = 0; task < tasks; task += 1) {
    const own = byTask.get(task) ?? []
    const ends = own.filter((run) => run.endedAt !== undefined).length
    if (ends === 0) lost.push(task)
    if (ends > 1) duplicated += 1
    for (const [index, run] of own.entries()) {
      const next = own[index + 1]
      if (next === undefined) continue
      const copiers = copies.get(task) ?? []
      if (copiers.some((process) => (deaths.get(process) ?? next.startedAt) < next.startedAt)) continue
      const died = deaths.get(run.process)
      const heldUntil = run.endedAt ?? died
      if (heldUntil === undefined || next.startedAt < heldUntil)
        overlaps.push(`task ${task}: ${run.process} held it when ${next.process} started`)
      if (died === undefined)
        unexplained.push(`task ${task}: ${run.process} was never killed, yet ${next.process} ran it again`)
    }
  }
  return { lost, duplicated, overlaps, unexplained, runs: runs.length }
}
