import { parseDuration, QueueError } from '@bananasjs/core'
import { sleep } from '@bananasjs/core/contract'
import type { Runtime, Timer } from '@bananasjs/core/contract'
import { inBlastRadius } from '../safety/blast-radius.ts'
import { BiteCounter } from './bites.ts'
import type { Bites } from './bites.ts'
import { chanceOf } from './chance.ts'
import { sampler } from './distribution.ts'
import type { Distribution } from './distribution.ts'
import type { Fault } from './fault.ts'
import type { ArmOptions, Injection } from './fault-site.ts'
import { matches } from './matches.ts'
import type { Subject } from './matches.ts'

interface Times {
  readonly afterMs: number
  readonly everyMs: number | undefined
  readonly forMs: number
}

export interface ArmedFaultHost {
  readonly runtime: Runtime
  /** The fault is over: told once. */
  readonly onEnd: (fault: ArmedFault) => void
  /** Each bite, for the audit log. */
  readonly onBite?: ((fault: Fault, subject: Subject) => void) | undefined
}

/** One fault under way: decides whom it hits, counts that, and ends by itself. */
export class ArmedFault implements Injection {
  readonly fault: Fault
  /** Aborts when the fault ends: whatever it holds up goes on. */
  readonly ended: AbortSignal
  readonly #host: ArmedFaultHost
  readonly #options: ArmOptions
  readonly #seed: number
  readonly #times: Times
  readonly #counter = new BiteCounter()
  readonly #end = new AbortController()
  readonly #armedAt: number
  #endsAt: number
  #expiry: Timer
  readonly #undo: (() => void | Promise<void>)[] = []
  #undone: Promise<void> | undefined
  #scale = 1
  #draws = 0

  /** @throws QueueError INVALID for a rate, a schedule or an expiry that makes no sense */
  constructor(fault: Fault, options: ArmOptions, host: ArmedFaultHost) {
    this.fault = fault
    this.#options = options
    this.#host = host
    this.#times = timesOf(fault)
    this.#seed = options.seed ?? 1
    this.ended = this.#end.signal
    checkRate(fault)
    if (!(options.forMs > 0 && Number.isFinite(options.forMs)))
      throw new QueueError('INVALID', `Fault ${nameOf(fault)}: it needs an end, a time above 0.`)
    const now = host.runtime.monotonic()
    this.#armedAt = now - (options.sinceMs ?? 0)
    this.#endsAt = now + options.forMs
    this.#expiry = this.#expireIn(options.forMs)
  }

  /** From now on it ends after `forMs`: who armed it from afar is still there. */
  prolong(forMs: number): void {
    if (this.ended.aborted) return
    this.#expiry.cancel()
    this.#endsAt = this.#host.runtime.monotonic() + forMs
    this.#expiry = this.#expireIn(forMs)
  }

  /**
   * Does it hit this subject? Counts it when it does. A subject with a key is drawn by key, attempt and, where it is known,
   * hand-over, whoever asks and however often; one without is drawn anew each time.
   */
  bite(subject: Subject): boolean {
    if (!this.isActive(subject)) return false
    this.#counter.add(this.#host.runtime.now(), subject.key ?? subject.worker ?? subject.method)
    this.#host.onBite?.(this.fault, subject)
    return true
  }

  /** Would it hit this subject now? Counts nothing. */
  isActive(subject: Subject): boolean {
    return this.#mayBite(subject) && this.#drawn(subject)
  }

  /** Counts a hit that was decided elsewhere: a blow on something picked by the one who strikes. */
  count(victim: string): void {
    this.#counter.add(this.#host.runtime.now(), victim)
    this.#host.onBite?.(this.fault, { worker: victim })
  }

  /** Milliseconds by a distribution of this fault. */
  draw(distribution: Distribution): number {
    return sampler(distribution, nameOf(this.fault))(this.chance())
  }

  /** The next of this fault's own draws, uniform in [0, 1). */
  chance(): number {
    this.#draws += 1
    return chanceOf(this.#seed, `${nameOf(this.fault)} ${this.#draws}`)
  }

  /** Waits so long; less when the fault ends first, so that undoing it holds nobody up. Rejects when `signal` aborts. */
  async hold(ms: number, signal?: AbortSignal): Promise<void> {
    const both = signal === undefined ? this.ended : AbortSignal.any([this.ended, signal])
    await sleep(this.#host.runtime, ms, both).catch(() => signal?.throwIfAborted())
  }

  /**
   * Does `act` at the moments of the schedule: once, or again `every` so often, until the fault ends. For faults that are
   * a blow, not a state. One that takes longer than `every` leaves out the moments it covers.
   * @param onError what a failed blow is told; the next one still falls
   */
  async strike(act: () => void | Promise<void>, onError: (error: unknown) => void): Promise<void> {
    const { afterMs, everyMs } = this.#times
    const { runtime } = this.#host
    let dueAt = this.#armedAt + afterMs
    for (;;) {
      // A timer may be early by as long as its event loop was busy when it was set: the blow would fall before its time.
      while (runtime.monotonic() < dueAt && !this.ended.aborted) await this.hold(dueAt - runtime.monotonic())
      if (this.ended.aborted) return
      try {
        // Not awaited when it is done at once: a fault without a delay strikes before `arm` returns.
        const acting = act()
        if (acting !== undefined) await acting
      } catch (error) {
        onError(error)
      }
      if (everyMs === undefined) return
      dueAt += everyMs * Math.max(1, Math.ceil((runtime.monotonic() - dueAt) / everyMs))
    }
  }

  /** Runs when the fault ends. */
  onEnd(undo: () => void | Promise<void>): void {
    if (this.ended.aborted) void undo()
    else this.#undo.push(undo)
  }

  bites(): Bites {
    return this.#counter.read()
  }

  scale(share: number): void {
    this.#scale = Math.min(1, Math.max(0, share))
  }

  disarm(): Promise<void> {
    this.#undone ??= this.#disarm()
    return this.#undone
  }

  #expireIn(ms: number): Timer {
    // What could not be undone is told to whoever disarms it, and ends no process by itself.
    return this.#host.runtime.setTimer(() => void this.disarm().catch(() => undefined), ms, true)
  }

  async #disarm(): Promise<void> {
    this.#expiry.cancel()
    this.#end.abort(new QueueError('CLOSED', `Fault ${nameOf(this.fault)} is over.`))
    this.#host.onEnd(this)
    await Promise.all(this.#undo.splice(0).map(async (undo) => undo()))
  }

  #mayBite(subject: Subject): boolean {
    const { limit = Infinity, match } = this.fault
    if (this.ended.aborted || this.#counter.count >= limit || !this.#isTime()) return false
    return matches(match, subject) && inBlastRadius(this.#options.blast, subject)
  }

  #isTime(): boolean {
    const { afterMs, everyMs, forMs } = this.#times
    // Timers may be early or late, an event loop may be blocked: the clock decides.
    const now = this.#host.runtime.monotonic()
    const sinceMs = now - this.#armedAt
    if (now >= this.#endsAt || sinceMs < afterMs) return false
    const intoMs = everyMs === undefined ? sinceMs - afterMs : (sinceMs - afterMs) % everyMs
    return intoMs < forMs
  }

  #drawn({ key, attempt, delivery = 1, method }: Subject): boolean {
    const rate = (this.fault.rate ?? 1) * this.#scale
    if (rate >= 1) return true
    const draw =
      key === undefined
        ? this.chance()
        : chanceOf(
            this.#seed,
            `${nameOf(this.fault)} ${key} ${attempt ?? 0} ${method ?? ''}${again(delivery)}`,
          )
    return draw < rate
  }
}

function again(delivery: number): string {
  return delivery > 1 ? ` again ${delivery}` : ''
}

export function nameOf(fault: Fault): string {
  return fault.name ?? fault.kind
}

function checkRate(fault: Fault): void {
  const { rate = 1, limit } = fault
  if (!(rate >= 0 && rate <= 1))
    throw new QueueError('INVALID', `Fault ${nameOf(fault)}: rate must be from 0 to 1, not ${rate}.`)
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1))
    throw new QueueError('INVALID', `Fault ${nameOf(fault)}: limit must be a whole number of at least 1.`)
}

function timesOf(fault: Fault): Times {
  const { after = 0, every, for: length } = fault.schedule ?? {}
  const label = `Fault ${nameOf(fault)}: schedule`
  return {
    afterMs: parseDuration(after, `${label}.after`),
    everyMs: every === undefined ? undefined : Math.max(1, parseDuration(every, `${label}.every`)),
    forMs: length === undefined ? Infinity : parseDuration(length, `${label}.for`),
  }
}
