/**
 * What an acknowledged write survives.
 * - `memory`: nothing, it dies with the process
 * - `process`: a crash of any process (SIGKILL), not a power cut
 * - `disk`: a power cut of the machine
 * - `quorum`: the loss of a machine
 */
export type Durability = 'memory' | 'process' | 'disk' | 'quorum'

/**
 * What a broker can do, as quantities with a neutral value, so that core does arithmetic instead of branching
 * on names. Declared on the object, frozen, the same for every instance with the same options, only narrowed by `open()`.
 */
export interface BrokerSupports {
  readonly durability: Durability
  /**
   * - `ready`: `inspect` is present, and knows only what is ready and what is dead
   * - `counts`: it knows all four, and `queues` is present
   */
  readonly inspect: 'none' | 'ready' | 'counts'
  /** `peek` is present. */
  readonly peek: boolean
  /** `purge` is present. */
  readonly purge: boolean
  /** `deadLetters` is present. Dead-lettering itself is not optional. */
  readonly deadLetters: boolean
  /** First in, first out: nowhere, within `message.group`, or across the queue (of one priority). */
  readonly ordered: 'none' | 'group' | 'queue'
  /** Does giving back unstarted work count as a delivery? */
  readonly release: 'free' | 'counted'
  /** 101 = exact; 1 = none, core then keeps lane queues. */
  readonly priorityLevels: number
  /** Longest delay the broker keeps by itself; core hops beyond it. 0 = none. */
  readonly maxDelayMs: number
  /** How long a second publish of the same message id is dropped silently by the broker itself; 0 = never. */
  readonly dedupeMs: number
  /** Headers and body together. A larger message is refused with TOO_LARGE. */
  readonly maxMessageBytes: number
  /** Most messages in one `publish`, settlements in one `settle`, deliveries from one `receive`. Core splits. */
  readonly maxBatch: number
  /**
   * How many `publish` calls under way at once serve it best: few where one call costs much, whatever it carries; more
   * where each message is confirmed by itself. Core shares what waits among them. Default 2.
   */
  readonly publishesAtOnce?: number
  /** Grain of delays and leases. Nothing is early; up to this much late is on time. The kit scales its waits by it. */
  readonly clockMs: number
  readonly lease: {
    /** `extend` prolongs. When false the lease is the connection, and `extend` succeeds without effect. */
    readonly renewable: boolean
    /** A stale receipt is told LEASE_LOST and changes nothing. When false it may silently settle or do nothing. */
    readonly fenced: boolean
    /** A receipt works from any consumer of the same queue, in any process: to extend, acknowledge or release. */
    readonly shared: boolean
    /** Longest time one delivery can be held, extensions included. `Infinity` = no limit. */
    readonly maxMs: number
  }
}
