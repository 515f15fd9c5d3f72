import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { systemRuntime, sleep } from '@bananasjs/core/contract'
import { QueueError } from '@bananasjs/core'
import { guardian } from './guardian.ts'
import type { Guardian } from './guardian.ts'
import type { LoopDisk } from './loop-disk.ts'
import type { ServerControl } from './server-control.ts'

export interface ServerProcessOptions {
  readonly name: string
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** Is it serving? Asked until it is. */
  readonly ready: () => Promise<boolean>
  /** How long it may take to come up. Default 30 s. */
  readonly readyMs?: number
  /** Where its data lies, if it is to be cut from power: see `loopDisk`. */
  readonly disk?: LoopDisk
  /** What only its own clients can do: see `ServerControl`. */
  readonly fillMemory?: ServerControl['fillMemory']
  readonly failover?: ServerControl['failover']
  /** Removes what it left. */
  readonly remove?: () => Promise<void>
}

const LOOK_MS = 25
const PATIENCE_MS = 20_000

/** A server of the experiment's own: started here, so it may be killed, stopped and paused. Resolves once it serves. */
export async function serverProcess(options: ServerProcessOptions): Promise<ServerControl> {
  const server = new ServerProcess(options)
  await server.start()
  return server.control
}

class ServerProcess {
  readonly #options: ServerProcessOptions
  #child: ChildProcess | undefined
  #guard: Guardian | undefined

  constructor(options: ServerProcessOptions) {
    this.#options = options
  }

  get control(): ServerControl {
    const { name, disk, fillMemory, failover } = this.#options
    return {
      name,
      start: () => this.start(),
      kill: () => this.#end('SIGKILL'),
      stop: () => this.#end('SIGTERM'),
      pause: async (forMs) => this.#pause(forMs),
      resume: async () => this.#resume(),
      ...(disk && {
        powerCut: () =>
          disk.powerCut(
            () => this.#child?.kill('SIGSTOP'),
            () => this.#end('SIGKILL'),
          ),
      }),
      ...(disk && { fillDisk: (leave) => disk.fill(leave) }),
      ...(fillMemory && { fillMemory }),
      ...(failover && { failover }),
      close: () => this.#close(),
    }
  }

  async start(): Promise<void> {
    if (this.#alive()) return
    const { command, env, ready, readyMs = 30_000, name } = this.#options
    const [program, ...args] = command
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } })
    this.#child = child
    const failed = new Promise<never>((_, reject) => child.once('error', reject))
    failed.catch(() => undefined)
    const deadline = systemRuntime.monotonic() + readyMs
    while (!(await Promise.race([ready(), failed]))) {
      if (!this.#alive())
        throw new QueueError('CONNECTION_LOST', `${name}: "${program}" ended while it was starting.`)
      if (systemRuntime.monotonic() > deadline)
        throw new QueueError('CONNECTION_LOST', `${name}: "${program}" does not serve within ${readyMs} ms.`)
      await sleep(systemRuntime, LOOK_MS)
    }
  }

  #pause(forMs: number): void {
    const { pid } = this.#child ?? {}
    if (pid === undefined || !this.#alive()) return
    this.#guard = guardian(forMs, ['kill', '-CONT', String(pid)])
    this.#child?.kill('SIGSTOP')
  }

  #resume(): void {
    this.#child?.kill('SIGCONT')
    this.#guard?.dismiss()
    this.#guard = undefined
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.#alive()) return
    const gone = once(child, 'exit')
    this.#resume()
    child.kill(signal)
    const impatience = systemRuntime.setTimer(() => child.kill('SIGKILL'), PATIENCE_MS)
    await gone
    impatience.cancel()
  }

  async #close(): Promise<void> {
    await this.#end('SIGKILL')
    await this.#options.disk?.close()
    await this.#options.remove?.()
  }

  #alive(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }
}
