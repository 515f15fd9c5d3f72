import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { AmqpChannel, AmqpMessage } from './rabbitmq-driver.ts'

/** Whoever asks for nothing more for so long, with room for more, is not waiting: what the server pushes is for others. */
const LINGER_MS = 100
/** Readers who ask again this soon, so often in a row, are at work: their subscription stays while they are. */
const SOON_MS = 20
const STREAK = 3
/** A window that was too large for so long is made smaller. */
const SHRINK_AFTER_MS = 2000

/**
 * The server pushes; readers ask. Between them stands a window that follows the demand: never more unsettled messages here
 * than are held and asked for, and none while nobody asks.
 */
export class Subscription {
  readonly #channel: AmqpChannel
  readonly #queue: string
  readonly #most: number
  readonly #buffer: AmqpMessage[] = []
  /** Called when something may have come, and when the subscription has ended. */
  readonly #onArrival: () => void
  #tag: Promise<string> | undefined
  #window = 0
  /** Largest window that was needed since `#since`. */
  #needed = 0
  #since = 0
  #linger: Timer | undefined
  #restedAt = 0
  #streak = 0
  #cancelled = false

  constructor(
    channel: AmqpChannel,
    options: { readonly queue: string; readonly most: number; readonly onArrival: () => void },
  ) {
    this.#channel = channel
    this.#queue = options.queue
    this.#most = options.most
    this.#onArrival = options.onArrival
  }

  /** The server ended it: the queue was deleted, or its leader is elsewhere now. */
  get cancelled(): boolean {
    return this.#cancelled
  }

  get buffered(): number {
    return this.#buffer.length
  }

  /** The oldest delivery that nobody has taken. */
  get firstTag(): number {
    return this.#buffer[0]?.fields.deliveryTag ?? Infinity
  }

  take(max: number): readonly AmqpMessage[] {
    return this.#buffer.splice(0, max)
  }

  /** Resolves when the server has dealt with all that was sent before. @throws what the driver throws */
  async settled(): Promise<void> {
    await this.#channel.prefetch(Math.max(1, this.#window))
  }

  /** Somebody waits for up to `max`, holding `held` already. @throws what the driver throws */
  async want(max: number, held: number): Promise<void> {
    this.#linger?.cancel()
    this.#linger = undefined
    this.#streak = systemRuntime.monotonic() - this.#restedAt < SOON_MS ? this.#streak + 1 : 0
    const needed = Math.min(this.#most, held + this.#buffer.length + max)
    const now = systemRuntime.monotonic()
    this.#needed = Math.max(this.#needed, needed)
    if (this.#tag !== undefined && needed <= this.#window && !this.#isTooLarge(now)) return
    await this.#subscribe(this.#tag === undefined ? needed : Math.max(needed, this.#needed))
    this.#since = now
    this.#needed = needed
  }

  /** Nobody waits any more: the pushing ends, unless this reader is sure to ask again at once. */
  rest(): void {
    this.#restedAt = systemRuntime.monotonic()
    if (this.#streak < STREAK) void this.#unsubscribe()
    this.linger()
  }

  /**
   * What is here and wanted by nobody goes back in a moment. Called again when something was settled: the moment begins
   * when there is room.
   */
  linger(): void {
    if (this.#tag === undefined && this.#buffer.length === 0) return
    this.#linger?.cancel()
    const armedAt = systemRuntime.monotonic()
    this.#linger = systemRuntime.setTimer(
      () => {
        this.#linger = undefined
        // The process was busy: nobody had a chance to ask.
        if (systemRuntime.monotonic() - armedAt > 2 * LINGER_MS) this.linger()
        else void this.stop()
      },
      LINGER_MS,
      true,
    )
  }

  /** Ends the pushing, and gives back what nobody has taken. */
  async stop(): Promise<void> {
    this.#linger?.cancel()
    this.#linger = undefined
    this.#giveBack()
    await this.#unsubscribe()
    this.#giveBack()
  }

  async #unsubscribe(): Promise<void> {
    const tag = this.#tag
    this.#tag = undefined
    this.#window = 0
    // A channel that ended meanwhile took everything with it.
    await tag?.then((known) => this.#channel.cancel(known)).catch(() => undefined)
  }

  #isTooLarge(now: number): boolean {
    if (now - this.#since < SHRINK_AFTER_MS) return false
    if (this.#needed * 2 <= this.#window) return true
    this.#since = now
    this.#needed = 0
    return false
  }

  async #subscribe(window: number): Promise<void> {
    const old = this.#tag
    this.#window = window
    // Sent in this order on one channel: the window counts for the consumer that comes after it.
    const qos = this.#channel.prefetch(window)
    const tag = this.#channel
      .consume(this.#queue, (message) => this.#onMessage(message), { noAck: false })
      .then(({ consumerTag }) => consumerTag)
    this.#tag = tag
    tag.catch(() => undefined)
    if (old !== undefined) void old.then((known) => this.#channel.cancel(known)).catch(() => undefined)
    await Promise.all([qos, tag])
  }

  #onMessage(message: AmqpMessage | null): void {
    if (message === null) this.#cancelled = true
    else this.#buffer.push(message)
    // On its way when the pushing ended.
    if (this.#tag === undefined && this.#linger === undefined) this.linger()
    this.#onArrival()
  }

  #giveBack(): void {
    for (const message of this.#buffer.splice(0)) this.#channel.nack(message, false, true)
  }
}
