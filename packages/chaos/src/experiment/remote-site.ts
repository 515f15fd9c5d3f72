import { QueueError } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import { nameOf } from '../faults/armed-fault.ts'
import { sumBites } from '../faults/bites.ts'
import type { Bites } from '../faults/bites.ts'
import { FAULT_KINDS, layerOf } from '../faults/catalog.ts'
import { checkFault } from '../faults/check-fault.ts'
import type { Fault, FaultKind } from '../faults/fault.ts'
import type { ArmOptions, FaultSite, Injection } from '../faults/fault-site.ts'
import type { Line } from './line.ts'
import { isLineMessage } from './wanted-faults.ts'
import type { Bitten, Wanted } from './wanted-faults.ts'

const KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) =>
  ['task', 'message', 'call', 'clock'].includes(layerOf(kind)),
)
/** Silence for so long ends every fault on the other side. */
const TTL_MS = 3000
const REPEAT_MS = 500

/** Faults in the processes at the other end of a line, each of which runs a chaosAgent. */
export class RemoteSite implements FaultSite, AsyncDisposable {
  readonly name: string
  readonly kinds: readonly FaultKind[] = KINDS
  readonly #line: Line
  readonly #wanted = new Map<string, RemoteInjection>()
  readonly #reports = new Map<string, Bitten>()
  readonly #unlisten: () => void
  #timer: Timer

  constructor(line: Line, name: string = 'workers') {
    this.name = name
    this.#line = line
    this.#unlisten = line.listen((message) => this.#hear(message))
    this.#timer = systemRuntime.setTimer(() => this.#beat(), REPEAT_MS, true)
  }

  /** Processes that have answered. */
  get processes(): readonly string[] {
    return [...this.#reports.keys()]
  }

  /** Why processes refuse faults, each reason once. */
  get refusals(): readonly string[] {
    return [...new Set([...this.#reports.values()].flatMap(({ refused }) => Object.values(refused)))]
  }

  arm(fault: Fault, options: ArmOptions): Injection {
    checkFault(fault, nameOf(fault))
    if (!KINDS.includes(fault.kind))
      throw new QueueError('INVALID', `${fault.kind} cannot be had in ${this.name}.`)
    const injection = new RemoteInjection(fault, options, {
      changed: () => this.#say(),
      ended: (id) => this.#wanted.delete(id),
      bites: (id) => sumBites([...this.#reports.values()].flatMap(({ bites }) => bites[id] ?? [])),
    })
    this.#wanted.set(injection.id, injection)
    this.#say()
    return injection
  }

  targets(fault: Fault): readonly string[] {
    const rate = Math.round((fault.rate ?? 1) * 10_000) / 100
    return [`${this.name}: ${rate} % of what matches in ${this.#reports.size} processes`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const injection of this.#wanted.values()) await injection.disarm()
    this.#timer.cancel()
    this.#unlisten()
  }

  #hear(message: unknown): void {
    if (!isLineMessage(message)) return
    if (message.chaos === 'bitten') this.#reports.set(message.process, message)
    if (message.chaos === 'hello') this.#say()
  }

  #beat(): void {
    this.#say()
    this.#timer = systemRuntime.setTimer(() => this.#beat(), REPEAT_MS, true)
  }

  #say(): void {
    const wanted: Wanted = {
      chaos: 'wanted',
      ttlMs: TTL_MS,
      faults: [...this.#wanted.values()].map((injection) => injection.asWanted()),
    }
    void this.#line.send(wanted)
  }
}

interface RemoteHost {
  readonly changed: () => void
  readonly ended: (id: string) => void
  readonly bites: (id: string) => Bites
}

class RemoteInjection implements Injection {
  readonly id: string = systemRuntime.id()
  readonly fault: Fault
  readonly #options: ArmOptions
  readonly #host: RemoteHost
  readonly #armedAt = systemRuntime.monotonic()
  #expiry: Timer
  #scale = 1
  #over = false

  constructor(fault: Fault, options: ArmOptions, host: RemoteHost) {
    this.fault = fault
    this.#options = options
    this.#host = host
    this.#expiry = this.#expireIn(options.forMs)
  }

  asWanted(): Wanted['faults'][number] {
    return {
      id: this.id,
      fault: this.fault,
      seed: this.#options.seed ?? 1,
      scale: this.#scale,
      sinceMs: systemRuntime.monotonic() - this.#armedAt,
      blast: this.#options.blast,
    }
  }

  bites(): Bites {
    return this.#host.bites(this.id)
  }

  scale(share: number): void {
    if (share === this.#scale) return
    this.#scale = share
    this.#host.changed()
  }

  prolong(forMs: number): void {
    if (this.#over) return
    this.#expiry.cancel()
    this.#expiry = this.#expireIn(forMs)
  }

  async disarm(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#expiry.cancel()
    this.#host.ended(this.id)
    this.#host.changed()
  }
  #expireIn(ms: number): Timer {
    return systemRuntime.setTimer(() => void this.disarm(), ms, true)
  }
}
