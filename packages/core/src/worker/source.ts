import type { Broker } from '../contract/broker.ts'
import type { Consumer } from '../contract/consumer.ts'
import type { Delivery } from '../contract/message.ts'
import { QueueError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'

export interface SourceOptions {
  readonly broker: Broker
  readonly runtime: Runtime
  /** The broker's name of the queue: a lane, where there are lanes. */
  readonly lane: string
  /** The user's name of it. */
  readonly queue: string
  readonly weight: number
  readonly leaseMs: number
  readonly prefetch: number
  readonly onError: (error: QueueError) => void
}

/** Beyond the adapter's own deadline; after this a receive is given up for dead and the consumer rebuilt. */
const WATCHDOG_MS = 15_000
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 5000
const EMPTY_MS = 5
const LONGEST_EMPTY_MS = 250

/**
 * One queue as a worker sees it: a consumer that is rebuilt whenever it fails or falls silent. A worker that looks
 * alive but has stopped receiving is the field's worst bug; `lastReceiveAt` is what health is judged by.
 */
export class Source {
  readonly queue: string
  readonly lane: string
  readonly weight: number
  readonly runtime: Runtime
  /** Monotonic ms at which a receive last came back in good order. */
  lastReceiveAt: number
  paused = false
  readonly #options: SourceOptions
  #consumer: Consumer | undefined
  #backoffMs = FIRST_BACKOFF_MS
  #hadWork = false
  #emptyMs = 0
  #emptyUntil = 0

  constructor(options: SourceOptions) {
    this.#options = options
    this.queue = options.queue
    this.lane = options.lane
    this.weight = options.weight
    this.runtime = options.runtime
    this.lastReceiveAt = options.runtime.monotonic()
  }

  /** The consumer that deliveries came from; settle there. */
  get consumer(): Consumer {
    if (this.#consumer === undefined)
      throw new QueueError('CLOSED', `Queue "${this.queue}" is not being consumed.`)
    return this.#consumer
  }

  /** Did the last receive bring anything? */
  get hadWork(): boolean {
    return this.#hadWork
  }

  /** False for a while after an empty poll, so that an idle queue beside a busy one costs little. */
  get worthPolling(): boolean {
    return !this.paused && this.runtime.monotonic() >= this.#emptyUntil
  }

  /** `[]` when nothing came, when aborted, and, after a backoff, when the broker failed. */
  async receive(max: number, waitMs: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    try {
      const consumer = (this.#consumer ??= await this.#attach(signal))
      const deliveries = await this.#guarded(consumer, max, { waitMs, signal })
      this.lastReceiveAt = this.runtime.monotonic()
      this.#backoffMs = FIRST_BACKOFF_MS
      this.#noteEmptiness(deliveries.length === 0)
      return deliveries
    } catch (error) {
      if (!signal.aborted) await this.#recover(error, signal)
      return []
    }
  }

  async close(): Promise<void> {
    const consumer = this.#consumer
    this.#consumer = undefined
    await consumer?.close()
  }

  #attach(signal: AbortSignal): Promise<Consumer> {
    const { broker, lane, leaseMs, prefetch } = this.#options
    return broker.consume(lane, { leaseMs, prefetch, signal })
  }

  #guarded(
    consumer: Consumer,
    max: number,
    wait: { waitMs: number; signal: AbortSignal },
  ): Promise<readonly Delivery[]> {
    const limitMs = wait.waitMs + WATCHDOG_MS
    return new Promise((resolve, reject) => {
      const timer = this.runtime.setTimer(
        () => {
          reject(
            new Silence(
              'CONNECTION_LOST',
              `Queue "${this.queue}": no answer for ${limitMs} ms; the consumer is rebuilt.`,
            ),
          )
        },
        limitMs,
        true,
      )
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          timer.cancel()
          finish(value)
        }
      consumer.receive(max, wait).then(settle(resolve), settle(reject))
    })
  }

  #noteEmptiness(empty: boolean): void {
    this.#hadWork = !empty
    this.#emptyMs = empty ? Math.min(Math.max(this.#emptyMs * 2, EMPTY_MS), LONGEST_EMPTY_MS) : 0
    this.#emptyUntil = empty ? this.runtime.monotonic() + this.#emptyMs : 0
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const known = QueueError.is(error)
      ? error
      : new QueueError('CONNECTION_LOST', `Queue "${this.queue}": receiving failed.`, { cause: error })
    this.#options.onError(known)
    // Adapters recover by themselves, and closing would give away what runs now. Only a consumer that is
    // closed or hangs is replaced; not awaited, because closing over a dead connection may hang too.
    if (known.code === 'CLOSED' || error instanceof Silence) {
      const broken = this.#consumer
      this.#consumer = undefined
      broken?.close().catch(() => {})
    }
    const waitMs = this.#backoffMs * (0.5 + this.runtime.random() / 2)
    this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS)
    await sleep(this.runtime, waitMs, signal).catch(() => {})
  }
}

/** The watchdog's own error, to tell a hanging consumer from one that reports a lost connection. */
class Silence extends QueueError {}
