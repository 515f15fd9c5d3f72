/** Names and values are plain strings; names starting with `bananas-` belong to the wire format, the rest to the user. */
export type Headers = Readonly<Record<string, string>>

/** What a broker moves. Only core and the serializer know what the headers mean and what the body holds. */
export interface Message {
  /** Made by core (UUIDv7 or deterministic), stable across retries: the idempotency key from end to end. */
  readonly id: string
  readonly headers: Headers
  /** Opaque. A broker never parses, copies lazily or mutates it; it may be empty. */
  readonly body: Uint8Array
  /** Whole number, 0 (last) to 100 (first). An adapter with fewer levels maps it: `floor(priority * levels / 101)`. */
  readonly priority: number
  /**
   * Milliseconds from acceptance until the first hand-over, measured by the *broker's* clock; 0 = at once.
   * Relative on purpose: a producer whose clock is wrong still gets the delay it asked for.
   * 0 on messages that come out of a broker.
   */
  readonly delayMs: number
  /** First-in-first-out key, honoured when `supports.ordered` is not `'none'`. */
  readonly group?: string | undefined
}

/** A message handed to one consumer under a lease. What is not settled comes back. */
export interface Delivery {
  readonly message: Message
  /**
   * Names this very hand-over; a redelivery has another one. Opaque to core.
   * Where `supports.lease.shared` holds, any consumer of the queue, in any process, may extend, acknowledge or release
   * by it. A retry or a dead letter may need the message itself: another consumer may be told LEASE_LOST for those.
   */
  readonly receipt: string
  /** Hand-overs so far, this one included: 1 at first. Never falls, not even across a retry. */
  readonly deliveries: number
}

/** The four fates of a delivery. */
export type Settlement =
  | { readonly receipt: string; readonly as: 'ack' }
  /** Given back unstarted, at once and to the front where the broker can. Counts as a delivery unless `supports.release` is `'free'`. */
  | { readonly receipt: string; readonly as: 'release' }
  /** Again later, with these headers and the original body bytes. */
  | { readonly receipt: string; readonly as: 'retry'; readonly delayMs: number; readonly headers: Headers }
  /** Set aside with a reason; `headers` replace the message's own, ready for a redrive. */
  | {
      readonly receipt: string
      readonly as: 'deadLetter'
      readonly reason: string
      readonly headers?: Headers | undefined
    }
