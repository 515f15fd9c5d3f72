import { parseDuration, QueueError } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import { ArmedFault, nameOf } from '../faults/armed-fault.ts'
import { checkFault } from '../faults/check-fault.ts'
import type { Fault, FaultKind } from '../faults/fault.ts'
import type { ArmOptions, FaultSite } from '../faults/fault-site.ts'
import type { ServerControl } from './server-control.ts'

const DOWN_MS = 1000
const PAUSED_MS = 5000
const LEFT_BYTES = 0

/** Faults of a server. One at a time: a blow that falls while another is under way is left out. */
export class ServerSite implements FaultSite {
  readonly name: string
  readonly kinds: readonly FaultKind[]
  readonly #server: ServerControl
  #busy: Promise<void> | undefined

  constructor(server: ServerControl) {
    this.#server = server
    this.name = server.name
    this.kinds = kindsOf(server)
  }

  /** @throws QueueError INVALID, UNSUPPORTED for a fault this server cannot be given */
  arm(fault: Fault, options: ArmOptions): ArmedFault {
    checkFault(fault, nameOf(fault))
    if (!this.kinds.includes(fault.kind))
      throw new QueueError(
        'UNSUPPORTED',
        `${fault.kind} cannot be had with ${this.name}; it has ${this.kinds.join(', ')}.`,
      )
    const armed = new ArmedFault(fault, options, { runtime: systemRuntime, onEnd: () => undefined })
    // Undone means that the server serves again.
    armed.onEnd(() => this.#busy)
    void armed.strike(
      () => this.#once(armed),
      () => undefined,
    )
    return armed
  }

  targets(): readonly string[] {
    return [`${this.name}: everything that talks to it`]
  }

  async #once(armed: ArmedFault): Promise<void> {
    const { limit = Infinity } = armed.fault
    if (this.#busy !== undefined || armed.bites().count >= limit) return
    this.#busy = this.#hurt(armed).finally(() => (this.#busy = undefined))
    await this.#busy
  }

  async #hurt(armed: ArmedFault): Promise<void> {
    const { fault } = armed
    armed.count(this.name)
    if (fault.kind === 'server.pause')
      return this.#pause(armed, parseDuration(fault.resumeAfter ?? PAUSED_MS, 'resumeAfter'))
    if (fault.kind === 'server.disk-full')
      return this.#fill(armed, (leave) => this.#server.fillDisk!(leave), fault.leave)
    if (fault.kind === 'server.memory-full')
      return this.#fill(armed, (leave) => this.#server.fillMemory!(leave), fault.leave)
    if (fault.kind === 'server.failover') return this.#server.failover!()
    return this.#takeDown(armed)
  }

  async #takeDown(armed: ArmedFault): Promise<void> {
    const { fault } = armed
    const down = 'down' in fault ? fault.down : undefined
    if (fault.kind === 'server.kill') await this.#server.kill!()
    else if (fault.kind === 'server.restart') await this.#server.stop!()
    else await this.#server.powerCut!()
    await armed.hold(parseDuration(down ?? DOWN_MS, `${fault.kind}: down`))
    await this.#server.start!()
  }

  async #pause(armed: ArmedFault, ms: number): Promise<void> {
    await this.#server.pause!(ms)
    await armed.hold(ms)
    await this.#server.resume!()
  }

  /** Full until the fault ends. */
  async #fill(
    armed: ArmedFault,
    fill: (leave: number) => Promise<() => Promise<void>>,
    leave: number = LEFT_BYTES,
  ): Promise<void> {
    const empty = await fill(leave)
    await armed.hold(2 ** 40)
    await empty()
  }
}

/** What a server must be able to do. */
const NEEDS = {
  'server.kill': ['kill', 'start'],
  'server.restart': ['stop', 'start'],
  'server.pause': ['pause', 'resume'],
  'server.power-cut': ['powerCut', 'start'],
  'server.disk-full': ['fillDisk'],
  'server.memory-full': ['fillMemory'],
  'server.failover': ['failover'],
} satisfies Readonly<Partial<Record<FaultKind, readonly (keyof ServerControl)[]>>>

function kindsOf(server: ServerControl): readonly FaultKind[] {
  const kinds = Object.keys(NEEDS) as (keyof typeof NEEDS)[]
  return kinds.filter((kind) => NEEDS[kind].every((name) => name in server))
}
