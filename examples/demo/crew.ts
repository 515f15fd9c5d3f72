import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** So many deaths in a row, with nothing done in between, are no accident. */
const MOST_DEATHS = 10

export interface Crew {
  readonly pids: readonly number[]
  /** Work goes on: earlier deaths are forgiven. */
  noteProgress(): void
  /** Ends the workers; what they have not finished keeps until the next run. */
  stop(): Promise<void>
  /** Rejects when workers die one after another. */
  readonly failed: Promise<never>
}

export interface CrewOptions {
  /** The file each worker runs. */
  readonly program: string
  readonly args: readonly string[]
  readonly count: number
  readonly onDeath: (how: string) => void
}

/** Keeps `count` worker processes running; one that dies is replaced. */
export function startCrew({ program, args, count, onDeath }: CrewOptions): Crew {
  const children = new Set<ChildProcess>()
  let stopping = false
  let deaths = 0
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch(() => undefined)

  const start = (): void => {
    const child = fork(program, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--no-warnings'],
    })
    children.add(child)
    child.once('exit', (code, signal) => {
      children.delete(child)
      if (stopping) return
      deaths += 1
      onDeath(`worker ${child.pid} ended with ${signal ?? `code ${code}`}`)
      if (deaths >= MOST_DEATHS)
        fail(new Error(`${deaths} workers died in a row without getting anything done.`))
      else start()
    })
  }
  for (let index = 0; index < count; index += 1) start()

  return {
    get pids() {
      return [...children].map(({ pid }) => pid!).filter((pid) => pid !== undefined)
    },
    failed,
    noteProgress() {
      deaths = 0
    },
    async stop() {
      stopping = true
      const gone = [...children].map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGTERM')
      await Promise.all(gone)
    },
  }
}
