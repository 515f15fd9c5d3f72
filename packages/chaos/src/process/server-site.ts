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
    this.kinds = [
      'server.kill',
      'server.restart',
      ...(server.pause && server.resume ? (['server.pause'] as const) : []),
      ...(server.powerCut ? (['server.power-cut'] as const) : []),
      ...(server.fillDisk ? (['server.disk-full'] as const) : []),
    ]
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
    if (fault.kind === 'server.disk-full') return this.#fill(armed, fault.leave ?? LEFT_BYTES)
    const down = 'down' in fault ? fault.down : undefined
    if (fault.kind === 'server.kill') await this.#server.kill()
    else if (fault.kind === 'server.restart') await this.#server.stop()
    else await this.#server.powerCut!()
    await armed.hold(parseDuration(down ?? DOWN_MS, `${fault.kind}: down`))
    await this.#server.start()
  }

  async #pause(armed: ArmedFault, ms: number): Promise<void> {
    await this.#server.pause!(ms)
    await armed.hold(ms)
    await this.#server.resume!()
  }

  /** Full until the fault ends. */
  async #fill(armed: ArmedFault, leave: number): Promise<void> {
    const empty = await this.#server.fillDisk!(leave)
    await armed.hold(2 ** 40)
    await empty()
  }
}
