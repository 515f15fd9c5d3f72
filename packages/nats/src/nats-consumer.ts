import { eitherSignal, QueueError, systemRuntime, TurnoverMap } from '@bananasjs/core/contract'
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import { Delays } from './nats-delays.ts'
import type { NatsDriver, NatsMessage } from './nats-driver.ts'
import { Leases } from './nats-leases.ts'
import { decode, lineReader, tokenReader } from './nats-message.ts'
import type { Token } from './nats-message.ts'
import { Puller } from './nats-puller.ts'
import type { Arrival } from './nats-puller.ts'
import { Remains } from './nats-remains.ts'
import type { Sender } from './nats-sender.ts'
import { leaseLost, Settler } from './nats-settler.ts'
import type { Held } from './nats-settler.ts'
import { MAX_BATCH } from './nats-supports.ts'

export interface NatsConsumerOptions extends ConsumeOptions {
  readonly client: NatsClient
  readonly sender: Sender
  readonly queue: string
  readonly onClose: (consumer: NatsConsumer) => void
}

const CHECK_MS = 1000
/** So many polls in a row, each this soon after the one before, and the reader is one who polls. */
const POLLS = 2
const SOON_MS = 50

export class NatsConsumer implements Consumer {
  readonly #client: NatsClient
  readonly #queue: string
  readonly #readToken: (receipt: string) => Token | undefined
  readonly #readLine = lineReader()
  readonly #leaseMs: number
  readonly #onClose: (consumer: NatsConsumer) => void
  readonly #settler: Settler
  readonly #puller: Puller
  readonly #delays: Delays
  readonly #leases: Leases
  readonly #remains: Remains
  readonly #held = new TurnoverMap<string, Held>()
  readonly #stop = new AbortController()
  readonly #stopOf = eitherSignal(this.#stop.signal)
  #receiving = false
  /** What the newest receive has left of the room it was given. */
  #room = 0
  #polls = 0
  #polledAt = -Infinity
  #wake: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor({ client, sender, queue, leaseMs, onClose }: NatsConsumerOptions) {
    this.#client = client
    this.#queue = queue
    const { ready, readyConsumer } = client.names.queue(queue)
    this.#readToken = tokenReader(client.names.queues, readyConsumer)
    this.#leaseMs = leaseMs
    this.#onClose = onClose
    this.#settler = new Settler(client, sender, queue)
    this.#leases = new Leases(this.#settler, leaseMs, this.#held)
    this.#delays = new Delays(client, sender, { queue, settler: this.#settler })
    const stream = client.names.queues
    this.#remains = new Remains(client, { stream, consumer: readyConsumer, subject: ready })
    this.#puller = new Puller({
      client,
      stream,
      consumer: readyConsumer,
      onNews: () => this.#wake?.(),
      giveBack: (messages) => this.#giveBack(messages),
    })
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (!(max >= 1)) return []
    this.#enter()
    const stop = this.#stopOf(signal)
    const deadline = systemRuntime.monotonic() + waitMs
    try {
      return await this.#receive(Math.min(Math.floor(max), MAX_BATCH), deadline, stop)
    } catch (error) {
      if (stop.aborted) void this.#puller.stop()
      signal?.throwIfAborted()
      if (this.#stop.signal.aborted) return []
      throw this.#client.link.explain(error)
    } finally {
      this.#receiving = false
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    // Now, so that the pull and the acknowledgements are one write, and wake the server once.
    this.#puller.more(this.#room)
    const { done, failures } = await this.#settler.settle(settlements, {
      readToken: this.#readToken,
      held: this.#held,
    })
    for (const receipt of done) this.#held.delete(receipt)
    return failures
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    const failures: Failure[] = []
    const ours: string[] = []
    for (const [index, receipt] of receipts.entries()) {
      if (!this.#held.has(receipt) && this.#readToken(receipt) === undefined)
        failures.push({ index, error: leaseLost(receipt, this.#queue) })
      else ours.push(receipt)
    }
    await this.#settler.lease(ours, leaseMs)
    for (const receipt of ours) {
      const held = this.#held.get(receipt)
      if (held !== undefined) held.named = true
    }
    return failures
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(max: number, deadline: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    this.#puller.stay()
    this.#room = max
    try {
      const ready = this.#handOut(this.#puller.take(max))
      if (ready.length > 0) return ready
      const waits = deadline > systemRuntime.monotonic()
      return waits ? await this.#await(max, deadline, stop) : await this.#poll(max, stop)
    } finally {
      if (!stop.aborted) this.#puller.rest()
    }
  }

  /**
   * Does not wait. A reader that polls again and again is answered from a pull that waits at the server, and an empty
   * queue costs nothing. One that looks now and then asks.
   */
  async #poll(max: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    const now = systemRuntime.monotonic()
    this.#polls = now - this.#polledAt < SOON_MS ? this.#polls + 1 : 0
    this.#polledAt = now
    this.#puller.check()
    if (!this.#puller.waiting) {
      const driver = await this.#ready(stop)
      if (this.#polls < POLLS) {
        this.#puller.look(driver, max)
        await this.#news(this.#client.settings.commandMs, stop)
        return this.#handOut(this.#puller.take(max))
      }
      this.#puller.want(driver, max)
    }
    const { arrivingMs } = this.#puller
    if (arrivingMs > 0) await this.#news(arrivingMs, stop)
    return this.#handOut(this.#puller.take(max))
  }

  async #await(max: number, deadline: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    for (;;) {
      stop.throwIfAborted()
      this.#puller.want(await this.#ready(stop), max)
      const got = this.#handOut(this.#puller.take(max))
      if (got.length > 0) return got
      const leftMs = deadline - systemRuntime.monotonic()
      if (leftMs <= 0) return []
      await this.#news(Math.min(leftMs, CHECK_MS), stop)
      this.#puller.check()
    }
  }

  /** The connection, with both consumers there. @throws QueueError */
  async #ready(stop: AbortSignal): Promise<NatsDriver> {
    const { link, streams } = this.#client
    const { error, gone } = this.#puller
    if (gone) streams.forget()
    const driver = await link.open(stop)
    const wish = { leaseMs: this.#leaseMs, signal: stop }
    this.#leases.patienceMs = await streams.ensureConsumer(this.#queue, 'ready', wish)
    this.#remains.sweep()
    await this.#delays.start()
    stop.throwIfAborted()
    if (error !== undefined) {
      this.#puller.want(driver, 1) // begins anew; the next call tells whether that helped
      throw error
    }
    return driver
  }

  #news(waitMs: number, stop: AbortSignal): Promise<void> {
    if (this.#puller.hasNews || stop.aborted) return Promise.resolve()
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

  #handOut(arrivals: readonly Arrival[]): readonly Delivery[] {
    this.#room -= arrivals.length
    const now = systemRuntime.monotonic()
    return arrivals.map((arrival) => this.#deliveryOf(arrival, now)).filter((one) => one !== undefined)
  }

  #deliveryOf(arrival: Arrival, now: number): Delivery | undefined {
    const held = this.#heldOf(arrival)
    if (held === undefined) return undefined
    const { receipt, token, stored } = held
    this.#held.set(receipt, held)
    this.#leases.begin(held, now)
    return { message: stored.message, receipt, deliveries: stored.deliveries + token.handOvers }
  }

  #heldOf({ message: { reply: receipt = '', data }, at }: Arrival): Held | undefined {
    const token = this.#readToken(receipt)
    if (token === undefined) return undefined
    const stored = decode(data, this.#readLine)
    if (!(stored instanceof QueueError)) return { receipt, token, stored, at, named: false }
    void this.#settler.bury(receipt, data, stored)
    return undefined
  }

  async #giveBack(messages: readonly NatsMessage[]): Promise<void> {
    const at = systemRuntime.monotonic()
    const held = messages.map((message) => this.#heldOf({ message, at })).filter((one) => one !== undefined)
    await this.#settler.giveBack(held)
  }

  async #close(): Promise<void> {
    this.#stop.abort(new QueueError('CLOSED', 'nats: this consumer was closed.'))
    this.#leases.close()
    this.#remains.close()
    const held = [...this.#held.values()]
    this.#held.clear()
    // Without a connection nobody can be told, and the leases end by themselves.
    if (this.#client.link.connection !== undefined && held.length > 0) await this.#settler.giveBack(held)
    await Promise.all([this.#puller.close(), this.#delays.close()])
    this.#onClose(this)
  }

  #enter(): void {
    if (this.#receiving)
      throw new QueueError(
        'INVALID',
        `nats: this consumer of queue "${this.#queue}" is receiving already. Wait for it, or use another consumer.`,
      )
    this.#receiving = true
  }

  #check(): void {
    if (this.#closing !== undefined)
      throw new QueueError('CLOSED', `nats: this consumer of queue "${this.#queue}" was closed.`)
  }
}
