import type { Delivery } from '../contract/message.ts'
import type { QueueError } from '../errors.ts'
import type { Envelope } from '../task/envelope.ts'
import type { EndedTask } from '../task/plugin.ts'
import type { Source } from './source.ts'

/** A delivery this worker holds: from the moment of receipt until it is settled or lost. */
export class HeldTask {
  readonly delivery: Delivery
  readonly source: Source
  readonly envelope: Envelope
  /** Monotonic ms of receipt. */
  readonly receivedAt: number
  /** Monotonic ms at which the lease ends unless it is extended. */
  leaseEndsAt: number
  /** Set when the handler starts. Epoch ms. */
  startedAt = 0
  /** Its place among what the lease keeper looks after; below 0 when it is not there. */
  place = -1
  /** Where its receipt stands on the lease board, if it does. */
  boardSlot: number | undefined
  /** Settled over the head of a handler that would not end. */
  givenBack = false
  #controller: AbortController | undefined
  #abortReason: QueueError | undefined

  // oxlint-disable-next-line max-params -- made for every delivery: an object of options would cost as much as the rest
  constructor(delivery: Delivery, source: Source, envelope: Envelope, leaseMs: number, now: number) {
    this.delivery = delivery
    this.source = source
    this.envelope = envelope
    this.receivedAt = now
    this.leaseEndsAt = now + leaseMs
  }

  get id(): string {
    return this.delivery.message.id
  }

  /** What a plugin sees of it in the end. */
  get facts(): Omit<EndedTask, 'state'> {
    const { message, deliveries } = this.delivery
    const { task, attempt } = this.envelope
    const { id, headers } = message
    return { id, task, queue: this.source.queue, headers, attempt, deliveries }
  }

  /** Made on first use: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason)
    }
    return this.#controller.signal
  }

  /** Why the run was asked to end, if it was. The first reason stands. */
  get abortReason(): QueueError | undefined {
    return this.#abortReason
  }

  abort(reason: QueueError): void {
    if (this.#abortReason !== undefined) return
    this.#abortReason = reason
    this.#controller?.abort(reason)
  }

  /** The task is no longer ours: another worker may hold it, so nothing may be settled or stored any more. */
  get lost(): boolean {
    return this.givenBack || this.#abortReason?.code === 'LEASE_LOST'
  }

  /**
   * Hand-overs that ended without a word: crashes, stalls, lost leases. A stalled worker is not the task's failure,
   * so these are counted apart from attempts.
   */
  get crashes(): number {
    return Math.max(0, this.delivery.deliveries - this.envelope.attempt - this.envelope.handedBack)
  }
}
