import type { Socket } from 'node:net'
import { parseDuration } from '@bananasjs/core'
import type { Runtime } from '@bananasjs/core/contract'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { Direction, FaultKind, FaultOf } from '../faults/fault.ts'
import type { Subject } from '../faults/matches.ts'

export interface ProxyPipeOptions {
  readonly direction: 'up' | 'down'
  readonly source: Socket
  readonly target: Socket
  readonly runtime: Runtime
  readonly faults: () => readonly ArmedFault[]
  readonly subject: Subject
  /** The connection is gone. */
  readonly closed: AbortSignal
  readonly reset: () => void
}

/** Bytes that have arrived, and who holds them back until when. */
interface Parcel {
  readonly bytes: Buffer
  readonly late?: { readonly by: ArmedFault; readonly dueAt: number } | undefined
}

/** More than this is not taken from the source: what is held back must not fill the memory. */
const MOST_HELD_BYTES = 256 * 1024
/** How often a fault with a schedule is asked whether its time has come or gone. */
const LOOK_MS = 20
const FOREVER_MS = 2 ** 40
const PIECES_PER_SECOND = 20

/** Moves bytes one way, through the faults that are armed at the moment each is moved. */
export class ProxyPipe {
  readonly #options: ProxyPipeOptions
  readonly #parcels: Parcel[] = []
  /** Bytes each cut-after fault still lets through. */
  readonly #allowed = new WeakMap<ArmedFault, number>()
  #heldBytes = 0
  #ended = false
  #wake: (() => void) | undefined

  constructor(options: ProxyPipeOptions) {
    this.#options = options
  }

  /** Resolves when the source has ended and all it sent was passed on, or when the connection is gone. */
  async run(): Promise<void> {
    const { source, closed } = this.#options
    source.on('data', (bytes: Buffer) => this.#arrived(bytes))
    source.on('end', () => this.#end())
    closed.addEventListener('abort', () => this.#wake?.(), { once: true })
    try {
      await this.#pump()
    } catch (error) {
      if (!closed.aborted) throw error
    }
  }

  #arrived(bytes: Buffer): void {
    const { runtime, source } = this.#options
    const by = this.#fault('link.latency')
    // Counted from the arrival: what comes together is late together, and bandwidth stays what it was.
    const late =
      by !== undefined && by.armed.bite(this.#options.subject)
        ? { by: by.armed, dueAt: runtime.monotonic() + by.armed.draw(by.fault.by) }
        : undefined
    this.#parcels.push({ bytes, late })
    this.#heldBytes += bytes.length
    if (this.#heldBytes > MOST_HELD_BYTES) source.pause()
    this.#wake?.()
  }

  #end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async #pump(): Promise<void> {
    const { target, closed } = this.#options
    while (!closed.aborted) {
      const parcel = this.#parcels.shift()
      if (parcel !== undefined) await this.#pass(parcel)
      else if (this.#ended) {
        await this.#slowClose()
        target.end()
        return
      } else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async #pass({ bytes, late }: Parcel): Promise<void> {
    const { runtime, closed, source } = this.#options
    if (late !== undefined) await late.by.hold(Math.max(0, late.dueAt - runtime.monotonic()), closed)
    await this.#silence()
    const allowed = this.#cutAfter(bytes)
    await this.#write(allowed === undefined ? bytes : bytes.subarray(0, allowed))
    if (allowed !== undefined) return this.#options.reset()
    this.#heldBytes -= bytes.length
    if (this.#heldBytes <= MOST_HELD_BYTES) source.resume()
  }

  /** Holds everything back for as long as a fault wants nothing to get through. */
  async #silence(): Promise<void> {
    const { subject, closed } = this.#options
    for (let first = true; ; first = false) {
      const { armed } = this.#fault('link.black-hole') ?? this.#fault('link.half-open') ?? {}
      if (armed === undefined) return
      if (first) armed.bite(subject)
      await armed.hold(armed.fault.schedule === undefined ? FOREVER_MS : LOOK_MS, closed)
    }
  }

  /** How much of these bytes still gets through before the connection is to be reset; `undefined`: all, and on. */
  #cutAfter(bytes: Buffer): number | undefined {
    const cut = this.#fault('link.cut-after')
    if (cut === undefined) return undefined
    const left = this.#allowed.get(cut.armed) ?? cut.fault.bytes
    this.#allowed.set(cut.armed, left - bytes.length)
    return left < bytes.length && cut.armed.bite(this.#options.subject) ? left : undefined
  }

  async #write(bytes: Buffer): Promise<void> {
    const slow = this.#fault('link.bandwidth')
    const slice = this.#fault('link.slice')
    const pieces = [slow, slice].flatMap((found) => found?.armed ?? [])
    if (pieces.length === 0) return this.#send(bytes)
    for (const armed of pieces) armed.bite(this.#options.subject)
    const perSecond = Math.max(1, slow?.fault.bytesPerSecond ?? Infinity)
    const size = Math.min(sliceBytes(slice?.fault), Math.max(1, Math.floor(perSecond / PIECES_PER_SECOND)))
    for (let at = 0; at < bytes.length; at += size) {
      // Undone in the middle: the rest goes at once.
      if (pieces.some(({ ended }) => ended.aborted)) return this.#send(bytes.subarray(at))
      await this.#send(bytes.subarray(at, at + size))
      await this.#pause(slow?.armed, (size / perSecond) * 1000)
    }
  }

  /** At least a turn of the event loop, so that each slice leaves as a packet of its own. */
  async #pause(slow: ArmedFault | undefined, ms: number): Promise<void> {
    const { runtime, closed } = this.#options
    if (slow !== undefined) await slow.hold(ms, closed)
    else await new Promise<void>((resolve) => runtime.nextTurn(resolve))
  }

  async #send(bytes: Buffer): Promise<void> {
    const { target, closed } = this.#options
    closed.throwIfAborted()
    if (bytes.length === 0 || target.write(bytes)) return
    await new Promise<void>((resolve, reject) => {
      const onDrain = (): void => {
        closed.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        target.off('drain', onDrain)
        reject(closed.reason)
      }
      target.once('drain', onDrain)
      closed.addEventListener('abort', onAbort, { once: true })
    })
  }

  async #slowClose(): Promise<void> {
    const slow = this.#fault('link.slow-close')
    if (slow === undefined || !slow.armed.bite(this.#options.subject)) return
    await slow.armed.hold(parseDuration(slow.fault.by, 'link.slow-close: by'), this.#options.closed)
  }

  /** The armed fault of this kind that this connection and direction is subject to now. */
  #fault<Kind extends FaultKind>(
    kind: Kind,
  ): { readonly armed: ArmedFault; readonly fault: FaultOf<Kind> } | undefined {
    for (const armed of this.#options.faults()) {
      if (armed.fault.kind !== kind || !this.#flows(armed.fault) || !armed.isActive(this.#options.subject))
        continue
      return { armed, fault: armed.fault as FaultOf<Kind> }
    }
    return undefined
  }

  #flows(fault: { readonly kind: FaultKind; readonly direction?: Direction | undefined }): boolean {
    const { direction } = this.#options
    const wanted = fault.kind === 'link.half-open' ? 'down' : (fault.direction ?? 'both')
    return wanted === 'both' || wanted === direction
  }
}

function sliceBytes(slice: FaultOf<'link.slice'> | undefined): number {
  return slice === undefined ? Infinity : Math.max(1, slice.bytes ?? 1)
}
