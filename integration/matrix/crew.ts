import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { now } from './history.ts'

export interface CrewOptions {
  /** As `transportFor` reads it. */
  readonly url: string
  readonly folder: string
  readonly workers: number
  readonly leaseMs: number
  /** What each process runs, given the url, the folder and the lease. Default: naps. */
  readonly program?: string
}

const PATIENCE_MS = 15_000

/** Worker processes; one that dies is replaced until `stop`. */
export class Crew {
  /** Process → moment it was killed. */
  readonly deaths = new Map<string, bigint>()
  readonly #options: CrewOptions
  readonly #live = new Set<ChildProcess>()
  #stopping = false

  constructor(options: CrewOptions) {
    this.#options = options
    while (this.#live.size < options.workers) this.#spawn()
  }

  killOne(): void {
    // Whose end was not heard of yet is not killed again.
    const all = [...this.#live].filter(({ pid }) => !this.deaths.has(String(pid)))
    const victim = all[Math.floor(Math.random() * all.length)]
    if (victim === undefined) return
    // Not when its exit is heard of: a broker that sees the connection end hands its tasks out before that.
    this.deaths.set(String(victim.pid), now())
    victim.kill('SIGKILL')
  }

  /** As an operator would: SIGTERM first, and SIGKILL for whoever does not go. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(
      [...this.#live].map(async (child) => {
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
        await gone
        clearTimeout(impatience)
      }),
    )
  }

  #spawn(): void {
    const { url, folder, leaseMs, program = join(import.meta.dirname, 'worker-process.ts') } = this.#options
    const child = fork(program, [url, folder, String(leaseMs)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--no-warnings'],
    })
    this.#live.add(child)
    child.once('exit', (_code, signal) => {
      this.#live.delete(child)
      const name = String(child.pid)
      if (signal === 'SIGKILL' && !this.deaths.has(name)) this.deaths.set(name, now())
      if (!this.#stopping) this.#spawn()
    })
  }
}
