import { QueueError } from '@bananasjs/core'
import type { Plugin } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Runtime, Transport } from '@bananasjs/core/contract'
import { ArmedFault, nameOf } from './armed-fault.ts'
import { FAULT_KINDS, layerOf } from './catalog.ts'
import { checkFault } from './check-fault.ts'
import { chaoticRuntime } from './chaotic-runtime.ts'
import { chaotic } from './chaotic.ts'
import { chaosPlugin } from './chaos-plugin.ts'
import type { Fault, FaultKind, FaultOf } from './fault.ts'
import type { ArmOptions, FaultSite } from './fault-site.ts'
import type { Subject } from './matches.ts'

export interface ChaosControllerOptions {
  /** Chaos is off unless this is true: then `arm` refuses. */
  readonly enabled: boolean
  /** Shown in reports. Default `'application'`. */
  readonly name?: string
  /** May `task.crash` end this very process? Default `false`. */
  readonly expendable?: boolean
  readonly runtime?: Runtime
  readonly onBite?: (fault: Fault, subject: Subject) => void
}

const KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) =>
  ['task', 'message', 'call', 'clock'].includes(layerOf(kind)),
)

/** Keeps the faults of one application: in its tasks, its messages, its calls and its clock. */
export class ChaosController implements FaultSite {
  readonly name: string
  readonly kinds: readonly FaultKind[] = KINDS
  readonly runtime: Runtime
  /** Awaited before a fault ends this process. */
  lastWords: () => Promise<void> = async () => undefined
  readonly #options: ChaosControllerOptions
  #armed: readonly ArmedFault[] = []

  constructor(options: ChaosControllerOptions) {
    this.name = options.name ?? 'application'
    this.runtime = options.runtime ?? systemRuntime
    this.#options = options
  }

  /** Nothing is armed: decorators step aside. */
  get idle(): boolean {
    return this.#armed.length === 0
  }

  /** @throws QueueError DENIED when chaos is not enabled here, INVALID for a fault that cannot be had here */
  arm(fault: Fault, options: ArmOptions): ArmedFault {
    if (!this.#options.enabled)
      throw new QueueError('DENIED', `Chaos is off in ${this.name}. Make the controller with enabled: true.`)
    checkFault(fault, nameOf(fault))
    if (!KINDS.includes(fault.kind))
      throw new QueueError(
        'INVALID',
        `${fault.kind} cannot be had in an application, only at a ${layerOf(fault.kind)}.`,
      )
    if (fault.kind === 'task.crash' && this.#options.expendable !== true)
      throw new QueueError(
        'DENIED',
        `${this.name} may not be crashed. Only a process that is there to die says expendable: true.`,
      )
    const armed = new ArmedFault(fault, options, {
      runtime: this.runtime,
      onBite: this.#options.onBite,
      onEnd: (ended) => (this.#armed = this.#armed.filter((one) => one !== ended)),
    })
    this.#armed = [...this.#armed, armed]
    return armed
  }

  /** The first armed fault of this kind, among those `wanted`, that hits the subject; the hit is counted. */
  bite<Kind extends FaultKind>(
    kind: Kind,
    subject: Subject,
    wanted: (fault: FaultOf<Kind>) => boolean = () => true,
  ): Bitten<Kind> | undefined {
    for (const armed of this.#armed) {
      if (armed.fault.kind === kind && wanted(armed.fault as FaultOf<Kind>) && armed.bite(subject))
        return armed as unknown as Bitten<Kind>
    }
    return undefined
  }

  /** Is any fault of this kind armed? Without it nothing need be looked at. */
  has(kind: FaultKind): boolean {
    return this.#armed.some((armed) => armed.fault.kind === kind)
  }

  /** Ends every fault; resolves once nothing is left of them. */
  async calm(): Promise<void> {
    await Promise.all(this.#armed.map((armed) => armed.disarm()))
  }

  targets(fault: Fault): readonly string[] {
    return [`${this.name}: ${whom(fault)}`]
  }

  /** Goes first among the plugins of a worker's application. */
  get plugin(): Plugin {
    return chaosPlugin(this)
  }

  /** @see chaotic */
  transport(inner: Transport): Transport {
    return chaotic(inner, this)
  }

  /** For `new Bananas({ runtime })`: its wall clock can be skewed. */
  get skewed(): Runtime {
    return chaoticRuntime(this)
  }
}

/** A fault that has just hit, with its own fields typed. */
export interface Bitten<Kind extends FaultKind> extends Omit<ArmedFault, 'fault'> {
  readonly fault: FaultOf<Kind>
}

function whom({ match = {}, rate = 1 }: Fault): string {
  const narrowed = Object.entries(match)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  return `${Math.round(rate * 10_000) / 100} % of ${narrowed.length === 0 ? 'everything' : narrowed.join(', ')}`
}
