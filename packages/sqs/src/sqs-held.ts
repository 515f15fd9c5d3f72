import { systemRuntime } from '@bananasjs/core/contract'
import type { Envelope } from './sqs-envelope.ts'

export interface Held {
  readonly envelope: Envelope
  /** How SQS names the stored message: its copy is deduplicated by it. */
  readonly messageId: string
  readonly deliveries: number
  /** Monotonic ms at which the lease ends. */
  until: number
  /** The message that takes its place has been sent: what is left is to delete this one. */
  replaced: boolean
}

/** Above this, what nobody settled in time is forgotten. */
const MANY = 1000
const DONE = 10_000

/** What a consumer holds, by receipt: a retry is sent anew, so its message must be at hand. */
export class HeldMessages {
  readonly #held = new Map<string, Held>()
  readonly #done = new Set<string>()

  add(receipt: string, held: Held): void {
    if (this.#held.size >= MANY) this.#forgetExpired()
    this.#held.set(receipt, held)
  }

  get(receipt: string): Held | undefined {
    return this.#held.get(receipt)
  }

  /** Settled here a moment ago: an extension would undo a release, and a second settlement has nothing to do. */
  isDone(receipt: string): boolean {
    return this.#done.has(receipt)
  }

  settled(receipt: string): void {
    this.#held.delete(receipt)
    this.#done.add(receipt)
    if (this.#done.size > DONE) this.#done.delete(this.#done.values().next().value!)
  }

  extended(receipt: string, leaseMs: number): void {
    const held = this.#held.get(receipt)
    if (held !== undefined) held.until = systemRuntime.monotonic() + leaseMs
  }

  takeAll(): readonly string[] {
    const receipts = [...this.#held.keys()]
    this.#held.clear()
    return receipts
  }

  #forgetExpired(): void {
    const now = systemRuntime.monotonic()
    for (const [receipt, { until }] of this.#held) if (until < now) this.#held.delete(receipt)
  }
}
