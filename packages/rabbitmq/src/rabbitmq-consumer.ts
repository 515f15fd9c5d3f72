import { eitherSignal, QueueError, systemRuntime, TurnoverMap } from '@bananasjs/core/contract'
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import type { AmqpMessage } from './rabbitmq-driver.ts'
import { lostError } from './rabbitmq-errors.ts'
import { decode } from './rabbitmq-message.ts'
import type { Incoming } from './rabbitmq-message.ts'
import type { Sender } from './rabbitmq-sender.ts'
import { Session } from './rabbitmq-session.ts'
import { Settling } from './rabbitmq-settling.ts'

export interface RabbitmqConsumerOptions extends ConsumeOptions {
  readonly client: RabbitmqClient
  readonly sender: Sender
  readonly queue: string
  readonly onClose: (consumer: RabbitmqConsumer) => void
}

/** A delivery that was handed out: the message as it is at the server, and as it was read. */
interface Held {
  readonly raw: AmqpMessage
  readonly incoming: Incoming
  readonly session: Session
  /** Monotonic ms. */
  readonly since: number
}

const CHECK_MS = 1000
/** So many polls in a row, each this soon after the one before, and the reader is one who polls. */
const POLLS = 2
const SOON_MS = 50

export class RabbitmqConsumer implements Consumer {
  readonly #client: RabbitmqClient
  readonly #sender: Sender
  readonly #queue: string
  readonly #prefetch: number
  readonly #onClose: (consumer: RabbitmqConsumer) => void
  readonly #held = new TurnoverMap<string, Held>()
  readonly #settling = new Settling()
  readonly #stop = new AbortController()
  readonly #stopOf = eitherSignal(this.#stop.signal)
  #session: Session | undefined
  #sessions = 0
  #receiving = false
  #polls = 0
  #polledAt = -Infinity
  #wake: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(options: RabbitmqConsumerOptions) {
    this.#client = options.client
    this.#sender = options.sender
    this.#queue = options.queue
    this.#prefetch = options.prefetch
    this.#onClose = options.onClose
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (!(max >= 1)) return []
    if (this.#receiving)
      throw new QueueError(
        'INVALID',
        `rabbitmq: this consumer of queue "${this.#queue}" is receiving already. Wait for it, or use another consumer.`,
      )
    this.#receiving = true
    const stop = this.#stopOf(signal)
    try {
      return await this.#receive(Math.floor(max), systemRuntime.monotonic() + waitMs, stop)
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#stop.signal.aborted) return []
      throw this.#client.consuming.explain(error)
    } finally {
      this.#receiving = false
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    const failures: Failure[] = []
    const done: Held[] = []
    const back: Held[] = []
    const moves: Promise<void>[] = []
    for (const [index, settlement] of settlements.entries()) {
      const held = this.#held.get(settlement.receipt)
      if (held === undefined) failures.push({ index, error: this.#leaseLost(settlement.receipt) })
      else if (settlement.as === 'ack' || settlement.as === 'release') {
        this.#held.delete(settlement.receipt)
        ;(settlement.as === 'ack' ? done : back).push(held)
      } else {
        const moving = this.#move(held, settlement).then((error) => {
          if (error === undefined) done.push(held)
          else failures.push({ index, error })
        })
        moves.push(moving)
      }
    }
    await Promise.all(moves)
    await this.#tell(done, back)
    return failures.toSorted((a, b) => a.index - b.index)
  }

  /** A lease is the connection here: it neither ends by time nor can be prolonged. */
  async extend(_receipts: readonly string[], _leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    return []
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(max: number, deadline: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    const session = await this.#ready(stop)
    try {
      session.stay()
      const ready = this.#handOut(session, session.take(max))
      if (deadline > systemRuntime.monotonic() && ready.length === 0)
        return await this.#await(session, max, { deadline, stop })
      return await this.#poll(session, max, ready)
    } finally {
      session.rest()
    }
  }

  /**
   * Does not wait. A reader that polls again and again is pushed what it asks for: its polls are then answered from here,
   * and an empty queue costs nothing. One that looks now and then asks the server.
   */
  async #poll(session: Session, max: number, ready: readonly Delivery[]): Promise<readonly Delivery[]> {
    const now = systemRuntime.monotonic()
    this.#polls = now - this.#polledAt < SOON_MS ? this.#polls + 1 : 0
    this.#polledAt = now
    const subscribed = session.subscribed
    if (subscribed || this.#polls >= POLLS)
      session.want(max, this.#held.size + this.#settling.counted).catch(() => undefined) // the session ends, and the next receive tells
    if (ready.length > 0 || subscribed) return ready
    const one = await session.get()
    return one === undefined ? [] : this.#handOut(session, [one])
  }

  async #await(
    session: Session,
    max: number,
    { deadline, stop }: { readonly deadline: number; readonly stop: AbortSignal },
  ): Promise<readonly Delivery[]> {
    for (;;) {
      stop.throwIfAborted()
      if (session.ended) throw lostError(this.#client.where, session.reason)
      await session.want(max, this.#held.size + this.#settling.counted)
      const got = this.#handOut(session, session.take(max))
      if (got.length > 0) return got
      const leftMs = deadline - systemRuntime.monotonic()
      if (leftMs <= 0) return []
      await this.#arrival(session, Math.min(leftMs, CHECK_MS), stop)
    }
  }

  #arrival(session: Session, waitMs: number, stop: AbortSignal): Promise<void> {
    if (session.hasNews || stop.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        stop.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = systemRuntime.setTimer(done, waitMs)
      stop.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }

  async #ready(stop: AbortSignal): Promise<Session> {
    if (this.#session !== undefined && !this.#session.ended) return this.#session
    // The queue itself may be gone.
    if (this.#session !== undefined) this.#client.topology.forget()
    this.#held.clear()
    this.#sessions += 1
    this.#session = await Session.open(this.#client, {
      queue: this.#queue,
      prefetch: this.#prefetch,
      number: this.#sessions,
      signal: stop,
      onNews: () => this.#wake?.(),
      putBack: (message) => this.#sender.putBack(this.#queue, message),
    })
    if (stop.aborted) {
      await this.#session.close()
      throw stop.reason
    }
    return this.#session
  }

  #handOut(session: Session, messages: readonly AmqpMessage[]): readonly Delivery[] {
    const deliveries: Delivery[] = []
    const since = systemRuntime.monotonic()
    for (const raw of messages) {
      const incoming = decode(raw)
      if (incoming instanceof QueueError) {
        this.#bury(session, raw, incoming)
        continue
      }
      const receipt = session.receiptOf(raw)
      this.#held.set(receipt, { raw, incoming, session, since })
      deliveries.push({ message: incoming.message, receipt, deliveries: incoming.deliveries })
    }
    return deliveries
  }

  /** What nobody can read is set aside with the reason, so that it neither blocks the queue nor is lost. */
  #bury(session: Session, raw: AmqpMessage, error: QueueError): void {
    this.#sender
      .setAside(this.#queue, raw, error.message)
      .then(() => session.acknowledge([raw]))
      .catch(() => session.giveBack(raw))
  }

  /** The next copy first, then the acknowledgement of this one: a crash between them repeats, and loses nothing. */
  async #move(
    held: Held,
    settlement: Settlement & { readonly as: 'retry' | 'deadLetter' },
  ): Promise<QueueError | undefined> {
    const { incoming, session } = held
    try {
      const error =
        settlement.as === 'retry'
          ? await this.#sender.again(this.#queue, incoming, settlement)
          : await this.#sender.bury(this.#queue, incoming, settlement)
      if (error !== undefined) return error
    } catch (error) {
      return this.#client.publishing.explain(error)
    }
    // The copy is there; whether this one goes, too, or comes again, nothing is lost.
    return this.#held.delete(settlement.receipt) && !session.ended
      ? undefined
      : this.#leaseLost(settlement.receipt)
  }

  async #tell(done: readonly Held[], back: readonly Held[]): Promise<void> {
    const session = this.#session
    if (session === undefined || done.length + back.length === 0) return
    session.acknowledge(done.filter((one) => one.session === session).map(({ raw }) => raw))
    for (const { raw } of back) session.giveBack(raw)
    if (!this.#receiving) session.rest()
    await this.#settling.during(done.length + back.length, done[0]?.since, () => session.settled())
  }

  async #close(): Promise<void> {
    this.#stop.abort(new QueueError('CLOSED', 'rabbitmq: this consumer was closed.'))
    this.#held.clear()
    await this.#session?.close()
    this.#onClose(this)
  }

  #leaseLost(receipt: string): QueueError {
    return new QueueError(
      'LEASE_LOST',
      `rabbitmq: the delivery ${receipt} of queue "${this.#queue}" was settled, or ended with its connection; nothing was changed.`,
    )
  }

  #check(): void {
    if (this.#closing !== undefined)
      throw new QueueError('CLOSED', `rabbitmq: this consumer of queue "${this.#queue}" was closed.`)
  }
}
