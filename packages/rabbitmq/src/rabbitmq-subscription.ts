import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { AmqpChannel, AmqpMessage } from './rabbitmq-driver.ts'

/** Whoever asks for nothing more for so long is not reading: what the server pushes is for others. */
const LINGER_MS = 100
/** A window that was too large for so long is made smaller. */
const SHRINK_AFTER_MS = 2000
/**
 * Nothing came for so long, and the subscription is made anew: RabbitMQ 3.10 does not tell it that its queue was deleted when
 * somebody declares one of that name again within a few milliseconds, and nothing would ever come.
 */
const SILENCE_MS = 5000

export interface SubscriptionOptions {
  readonly queue: string
  /** The largest window there may be. */
  readonly most: number
  /** Something came, or the subscription was ended by the server. */
  readonly onArrival: () => void
  /** Takes back what was pushed here and read by nobody. */
  readonly giveBack: (messages: readonly AmqpMessage[]) => Promise<void>
}

/**
 * The server pushes; readers ask. Between them stands a window that follows the demand: never more unsettled messages here
 * than are held and asked for, and none once nobody asks.
 */
export class Subscription {
  readonly #channel: AmqpChannel
  readonly #options: SubscriptionOptions
  readonly #buffer: AmqpMessage[] = []
  /** On their way back, and not settled yet. */
  readonly #leaving = new Set<AmqpMessage>()
  /** The stops so far, one after the other. */
  #stopping: Promise<void> = Promise.resolve()
  #tag: string | undefined
  #moving: Promise<void> | undefined
  #window = 0
  /** Largest window that was needed since `#since`. */
  #needed = 0
  #since = 0
  /** When something came last, or was asked for anew. */
  #heardAt = 0
  #linger: Timer | undefined
  #cancelled = false

  constructor(channel: AmqpChannel, options: SubscriptionOptions) {
    this.#channel = channel
    this.#options = options
  }

  get active(): boolean {
    return this.#tag !== undefined
  }

  /** The server ended it: the queue was deleted, or its leader is elsewhere now. */
  get cancelled(): boolean {
    return this.#cancelled
  }

  get buffered(): number {
    return this.#buffer.length
  }

  /** The oldest delivery that nobody has taken, and that is therefore not to be acknowledged with others. */
  get firstTag(): number {
    const [leaving] = this.#leaving
    return (leaving ?? this.#buffer[0])?.fields.deliveryTag ?? Infinity
  }

  take(max: number): readonly AmqpMessage[] {
    return this.#buffer.splice(0, max)
  }

  /** Resolves when the server has dealt with all that was sent before. @throws what the driver throws */
  async settled(): Promise<void> {
    await this.#channel.prefetch(Math.max(1, this.#window))
  }

  /**
   * Somebody asks for up to `max`, holding `held` already. Resolves when the window is as large, or when something is here.
   * @throws what the driver throws
   */
  async want(max: number, held: number): Promise<void> {
    await this.#moving
    const needed = Math.min(this.#options.most, held + max)
    const now = systemRuntime.monotonic()
    this.#needed = Math.max(this.#needed, needed)
    const silent = held === 0 && this.#isSilent(now)
    if (this.#tag !== undefined && !silent && !this.#isTooSmall(needed) && !this.#isTooLarge(now)) return
    this.#moving ??= this.#subscribe(this.#tag === undefined ? needed : this.#needed).finally(
      () => (this.#moving = undefined),
    )
    this.#since = now
    this.#needed = needed
    await this.#moving
  }

  /** Somebody waits: until `rest`, everything stays. */
  stay(): void {
    this.#linger?.cancel()
    this.#linger = undefined
  }

  /** From now on, a moment without `stay` or `rest` ends the pushing and gives back what is here. */
  rest(): void {
    this.stay()
    if (this.#tag === undefined && this.#buffer.length === 0) return
    const armedAt = systemRuntime.monotonic()
    this.#linger = systemRuntime.setTimer(
      () => {
        // The process was busy: nobody had a chance to ask.
        if (systemRuntime.monotonic() - armedAt > 2 * LINGER_MS) this.rest()
        else void this.stop()
      },
      LINGER_MS,
      true,
    )
  }

  /**
   * Ends the pushing, and gives back what nobody has taken. Resolves when all of it is back, after every stop before it: a
   * channel that is closed under one would return messages of which a copy is in the queue already.
   */
  stop(): Promise<void> {
    this.stay()
    this.#stopping = this.#stopping.then(() => this.#stop())
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const tag = this.#tag
    this.#tag = undefined
    this.#window = 0
    // A channel that ended meanwhile took everything with it.
    if (tag !== undefined) await this.#channel.cancel(tag).catch(() => undefined)
    if (this.#tag !== undefined) return
    const unread = this.#buffer.splice(0)
    for (const message of unread) this.#leaving.add(message)
    await this.#options.giveBack(unread).catch(() => undefined) // the channel ended under it, and returned them
    for (const message of unread) this.#leaving.delete(message)
  }

  /** What is here serves first: a window grows only for a reader it leaves with nothing. */
  #isTooSmall(needed: number): boolean {
    return needed > this.#window && this.#buffer.length === 0
  }

  #isTooLarge(now: number): boolean {
    if (now - this.#since < SHRINK_AFTER_MS) return false
    if (this.#needed * 2 <= this.#window) return true
    this.#since = now
    this.#needed = 0
    return false
  }

  /** Only asked while nothing is held: another subscription has a window of its own, beside what the last one has handed out. */
  #isSilent(now: number): boolean {
    return this.#buffer.length === 0 && now - this.#heardAt >= SILENCE_MS
  }

  /** A quorum queue knows windows of consumers only, not of channels: another window is another consumer. */
  async #subscribe(window: number): Promise<void> {
    const old = this.#tag
    // Unique everywhere: RabbitMQ 3.10 confuses consumers of a quorum queue that bear one tag on different channels, and dies of it.
    const tag = systemRuntime.id()
    this.#tag = tag
    this.#window = window
    this.#heardAt = systemRuntime.monotonic()
    // The old one first: two that push at once would fill two windows. One channel sends its requests in this order.
    const done = old === undefined ? undefined : this.#channel.cancel(old)
    const qos = this.#channel.prefetch(window)
    const consume = this.#channel.consume(this.#options.queue, (message) => this.#onMessage(message), {
      noAck: false,
      consumerTag: tag,
    })
    await Promise.all([done, qos, consume])
  }

  #onMessage(message: AmqpMessage | null): void {
    this.#heardAt = systemRuntime.monotonic()
    if (message === null) this.#cancelled = true
    else this.#buffer.push(message)
    // On its way when the pushing ended.
    if (this.#tag === undefined && this.#linger === undefined) this.rest()
    this.#options.onArrival()
  }
}
