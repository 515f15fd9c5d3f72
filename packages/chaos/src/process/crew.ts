import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseDuration, QueueError } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import { ArmedFault, nameOf } from '../faults/armed-fault.ts'
import { FAULT_KINDS, layerOf } from '../faults/catalog.ts'
import { checkFault } from '../faults/check-fault.ts'
import type { Fault, FaultKind } from '../faults/fault.ts'
import type { ArmOptions, FaultSite } from '../faults/fault-site.ts'
import { inBlastRadius } from '../safety/blast-radius.ts'
import { globFits } from '../faults/matches.ts'
import { guardian } from './guardian.ts'

export interface CrewOptions {
  readonly size: number
  /** Starts one. Only what this returned is ever hurt. */
  readonly spawn: (name: string) => ChildProcess
  /** Shown in reports. Default `crew`. */
  readonly name?: string
  /** Told of each that has ended. */
  readonly onExit?: (death: Death) => void
}

export interface Death {
  readonly name: string
  readonly pid: number
  readonly signal: NodeJS.Signals | null
  /** Monotonic ms: when it was killed, or else when its end was heard of. */
  readonly at: number
}

interface Member {
  readonly name: string
  readonly child: ChildProcess
  stopped: boolean
  /** Monotonic ms. */
  killedAt?: number
}

const KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) => layerOf(kind) === 'process')
const PATIENCE_MS = 15_000
const STOPPED_MS = 5000
/** One that dies at once must not be started in a tight loop. */
const RESPAWN_MS = 50

/** Worker processes that an experiment started, and may therefore kill. Who dies is replaced until `close`. */
export class Crew implements FaultSite, AsyncDisposable {
  readonly name: string
  readonly kinds: readonly FaultKind[] = KINDS
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  #closing = false
  #made = 0

  constructor(options: CrewOptions) {
    this.#options = options
    this.name = options.name ?? 'crew'
  }

  /** Starts them all. */
  start(): this {
    while (this.#members.size < this.#options.size) this.#spawn()
    return this
  }

  get children(): readonly ChildProcess[] {
    return [...this.#members].map(({ child }) => child)
  }

  /** @throws QueueError INVALID for a fault that is not one of processes */
  arm(fault: Fault, options: ArmOptions): ArmedFault {
    checkFault(fault, nameOf(fault))
    if (!KINDS.includes(fault.kind))
      throw new QueueError(
        'INVALID',
        `${fault.kind} cannot be had with processes; they have ${KINDS.join(', ')}.`,
      )
    const armed = new ArmedFault(fault, options, { runtime: systemRuntime, onEnd: () => undefined })
    void armed.strike(
      () => this.#strike(armed, options),
      () => undefined,
    )
    return armed
  }

  targets(fault: Fault): readonly string[] {
    const count = 'count' in fault ? (fault.count ?? 1) : 1
    const pids = this.#fitting(fault, {}).map(({ name, child }) => `${name} (pid ${child.pid})`)
    return [`${this.name}: ${count} at a time of ${pids.length === 0 ? 'none' : pids.join(', ')}`]
  }

  /** SIGTERM first, SIGKILL for whoever does not go in time. Idempotent. */
  async close(patienceMs: number = PATIENCE_MS): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#members].map((member) => this.#dismiss(member, patienceMs)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #strike(armed: ArmedFault, { blast }: ArmOptions): void {
    const { fault } = armed
    const candidates = [...this.#fitting(fault, { blast })].filter(({ stopped }) => !stopped)
    const count = 'count' in fault ? (fault.count ?? 1) : 1
    for (let struck = 0; struck < count && candidates.length > 0; struck += 1) {
      if (fault.limit !== undefined && armed.bites().count >= fault.limit) return
      if (fault.rate !== undefined && armed.chance() >= fault.rate) continue
      const [victim] = candidates.splice(Math.floor(armed.chance() * candidates.length), 1)
      this.#hurt(victim!, armed)
    }
  }

  #hurt(member: Member, armed: ArmedFault): void {
    const { child, name } = member
    const { fault } = armed
    armed.count(`${name} (pid ${child.pid})`)
    if (fault.kind === 'process.kill') this.#kill(member)
    else if (fault.kind === 'process.term') child.kill('SIGTERM')
    else if (fault.kind === 'process.stop')
      this.#stop(member, armed, parseDuration(fault.resumeAfter ?? STOPPED_MS, 'resumeAfter'))
  }

  /** A broker may hand on what it held before this process hears of its end. */
  #kill(member: Member): void {
    member.killedAt = systemRuntime.monotonic()
    member.child.kill('SIGKILL')
  }

  #stop(member: Member, armed: ArmedFault, ms: number): void {
    const { child } = member
    // First who undoes it, then the deed.
    const guard = guardian(ms, ['kill', '-CONT', String(child.pid)])
    child.kill('SIGSTOP')
    member.stopped = true
    const resume = (): void => {
      if (!member.stopped) return
      member.stopped = false
      child.kill('SIGCONT')
      guard.dismiss()
    }
    armed.onEnd(resume)
    systemRuntime.setTimer(resume, ms, true)
  }

  #fitting({ match }: Fault, { blast }: Pick<ArmOptions, 'blast'>): readonly Member[] {
    return [...this.#members].filter(
      ({ name, child, killedAt }) =>
        killedAt === undefined &&
        child.exitCode === null &&
        child.signalCode === null &&
        (match?.worker === undefined || globFits(match.worker, name)) &&
        inBlastRadius(blast?.workers === undefined ? undefined : { workers: blast.workers }, {
          worker: name,
        }),
    )
  }

  #spawn(): void {
    this.#made += 1
    const name = `${this.name}-${this.#made}`
    const child = this.#options.spawn(name)
    const member: Member = { name, child, stopped: false }
    this.#members.add(member)
    child.once('error', () => this.#gone(member, null))
    child.once('exit', (_code, signal) => this.#gone(member, signal))
  }

  #gone(member: Member, signal: NodeJS.Signals | null): void {
    if (!this.#members.delete(member)) return
    this.#options.onExit?.({
      name: member.name,
      pid: member.child.pid ?? -1,
      signal,
      at: member.killedAt ?? systemRuntime.monotonic(),
    })
    if (!this.#closing) systemRuntime.setTimer(() => void (this.#closing || this.#spawn()), RESPAWN_MS)
  }

  async #dismiss({ child }: Member, patienceMs: number): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const gone = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const impatience = systemRuntime.setTimer(() => child.kill('SIGKILL'), patienceMs)
    await gone
    impatience.cancel()
  }
}
