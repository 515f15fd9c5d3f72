import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from '@bananasjs/core'
import { KEY_HEADER, RUN_HEADER } from '../faults/subjects.ts'
import type { RunFact } from './ledger.ts'

/** Takes what a worker writes down. */
export type FactSink = (fact: RunFact) => void

/** Milliseconds on a clock that all processes of this machine share and nobody can set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The value that a handler of the load's task returns: the number of its task. */
export interface WorkResult {
  readonly task: number
}

/**
 * Writes down each run of a task of the load, and that it is given up, past the queue, before it can have an effect. Goes
 * first among the plugins, outside of the faults: what it sees is what core sees.
 * @param run whose tasks are meant
 * @param isRight whether a value is what that task should return
 */
export function witness(
  sink: FactSink,
  run: string,
  isRight: (value: unknown, task: number) => boolean = isNumberOf,
): Plugin {
  return {
    name: 'chaos-witness',
    async execute(context, next) {
      const key = context.headers[KEY_HEADER]
      if (key === undefined || context.headers[RUN_HEADER] !== run) return next()
      const task = Number(key)
      const write = (kind: RunFact['kind']): void =>
        sink({ kind, task, attempt: context.attempt, worker: context.worker, at: monotonicMs() })
      write('start')
      try {
        const value = await next()
        write(isRight(value, task) ? 'end' : 'wrong')
        return value
      } catch (error) {
        write('fail')
        throw error
      }
    },
    async finish(ended) {
      for (const { state, headers, attempt } of ended) {
        const key = headers[KEY_HEADER]
        if (state !== 'failed' || key === undefined || headers[RUN_HEADER] !== run) continue
        sink({ kind: 'dead', task: Number(key), attempt, worker: '', at: monotonicMs() })
      }
    },
  }
}

function isNumberOf(value: unknown, task: number): boolean {
  return typeof value === 'object' && value !== null && (value as Partial<WorkResult>).task === task
}

const SUFFIX = '.facts'

/** Writes facts to a file of this process. Each is written before the call returns, so a SIGKILL loses none. */
export function factFile(folder: string): FactSink & { close(): void } {
  const file = openSync(join(folder, `${process.pid}-${process.hrtime.bigint()}${SUFFIX}`), 'a')
  const sink: FactSink = ({ kind, task, attempt, worker, at }) =>
    void writeSync(file, `${kind} ${task} ${attempt} ${at.toFixed(3)} ${worker}\n`)
  return Object.assign(sink, { close: () => closeSync(file) })
}

const CHUNK = 256 * 1024

/** Reads what was added to the files of a folder since the last look. */
export class FactReader {
  readonly #folder: string
  readonly #files = new Map<string, { readonly fd: number; rest: string }>()
  readonly #buffer = Buffer.alloc(CHUNK)

  constructor(folder: string) {
    this.#folder = folder
  }

  *read(): Generator<RunFact> {
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(SUFFIX)) continue
      const file = this.#files.get(name) ?? { fd: openSync(join(this.#folder, name), 'r'), rest: '' }
      this.#files.set(name, file)
      for (let bytes = this.#more(file.fd); bytes > 0; bytes = this.#more(file.fd)) {
        const lines = (file.rest + this.#buffer.toString('latin1', 0, bytes)).split('\n')
        file.rest = lines.pop() ?? ''
        for (const line of lines) yield parse(line)
      }
    }
  }

  close(): void {
    for (const { fd } of this.#files.values()) closeSync(fd)
    this.#files.clear()
  }

  #more(fd: number): number {
    return readSync(fd, this.#buffer, 0, CHUNK, null)
  }
}

function parse(line: string): RunFact {
  const [kind, task, attempt, at, ...worker] = line.split(' ')
  return {
    kind: kind as RunFact['kind'],
    task: Number(task),
    attempt: Number(attempt),
    at: Number(at),
    worker: worker.join(' '),
  }
}
