import type { Consumer, ConsumeOptions } from './consumer.ts'
import type { Abortable, Failure, Resource } from './failure.ts'
import type { Message } from './message.ts'
import type { BrokerSupports } from './supports.ts'

/**
 * Moves messages. At least once, never zero: what `publish` accepted is handed to some consumer until it is
 * acknowledged or dead-lettered. Queues exist from their first use on.
 * Every method on a closed broker rejects with CLOSED; a call during a lost connection waits for the
 * recovery up to the adapter's documented bound, then rejects with CONNECTION_LOST.
 */
export interface Broker extends Resource {
  /** Lower-case product name, for messages and metrics. */
  readonly name: string
  readonly supports: BrokerSupports

  /**
   * Resolves once every message without a failure is as durable as `supports.durability` says.
   * Each message is accepted or failed on its own; one bad message never fails its neighbours.
   * Rejects when the whole call failed: after CONNECTION_LOST it is unknown what was stored.
   * An empty batch does nothing. The arrays stay the caller's and are not read after the promise settles.
   */
  publish(queue: string, messages: readonly Message[], options?: Abortable): Promise<readonly Failure[]>

  /** Attaches a consumer to one queue. */
  consume(queue: string, options: ConsumeOptions): Promise<Consumer>

  /** Counts of one queue; zeros for one never used. Present unless `supports.inspect` is `'none'`. */
  inspect?(queue: string, options?: Abortable): Promise<QueueCounts>
  /** Names of all queues this broker has seen, sorted. Present exactly when `supports.inspect` is `'counts'`. */
  queues?(options?: Abortable): Promise<readonly string[]>
  /** The next messages that would be handed over, without leasing them; best effort. Present exactly when `supports.peek`. */
  peek?(queue: string, limit: number, options?: Abortable): Promise<readonly Message[]>
  /** Removes ready and delayed messages, not leased or dead ones; returns how many. Present exactly when `supports.purge`. */
  purge?(queue: string, options?: Abortable): Promise<number>
  /** Present exactly when `supports.deadLetters`. */
  readonly deadLetters?: DeadLetters

  /** Tells about the connection; returns the unsubscriber. Optional. */
  onNotice?(listener: (notice: ConnectionNotice) => void): () => void
}

/** `delayed` and `leased` are `undefined` exactly where `supports.inspect` is `'ready'`. */
export interface QueueCounts {
  readonly ready: number
  readonly delayed: number | undefined
  readonly leased: number | undefined
  readonly dead: number
}

/** The messages of a queue that were set aside, oldest first. */
export interface DeadLetters {
  /** `after` is the `next` of an earlier page. */
  list(
    queue: string,
    options: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }>
  /** Puts letters back as fresh messages (deliveries start again at 1); all of them without `ids`. Returns how many. */
  redrive(queue: string, options?: DeadLetterSelection & Abortable): Promise<number>
  /** Forgets letters for good; all of them without `ids`. Returns how many. */
  drop(queue: string, options?: DeadLetterSelection & Abortable): Promise<number>
}

export interface DeadLetterPage {
  readonly limit: number
  readonly after?: string | undefined
}

export interface DeadLetterSelection {
  readonly ids?: readonly string[] | undefined
}

export interface DeadLetter {
  readonly message: Message
  readonly reason: string
  /** Epoch milliseconds by the broker's clock. */
  readonly deadAt: number
  readonly deliveries: number
}

export interface ConnectionNotice {
  readonly kind: 'connected' | 'disconnected' | 'blocked' | 'unblocked'
  readonly detail: string
}
