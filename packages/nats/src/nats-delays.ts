import { QueueError } from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import type { NatsMessage } from './nats-driver.ts'
import { decode, storedAt, tokenReader } from './nats-message.ts'
import type { Token } from './nats-message.ts'
import { Puller } from './nats-puller.ts'
import { Remains } from './nats-remains.ts'
import type { Letter, Sender } from './nats-sender.ts'
import type { Settler } from './nats-settler.ts'

const BATCH = 256
/** A longer rest is looked at again in between, so that a clock that was set does no lasting harm. */
const LONGEST_NAP_MS = 3_600_000

interface Due {
  readonly receipt: string
  readonly letter: Letter
}

/**
 * Looks after the delayed messages of a queue while somebody consumes it: whatever comes too soon is sent back until it
 * is due, whatever is due is moved to the end of the queue. What a message waits for stands in itself, so nothing is
 * lost with the server's memory of it; moving twice stores once.
 */
export class Delays {
  readonly #client: NatsClient
  readonly #sender: Sender
  readonly #settler: Settler
  readonly #queue: string
  readonly #puller: Puller
  readonly #remains: Remains
  readonly #readToken: (receipt: string) => Token | undefined
  #started = false
  #closed = false

  constructor(client: NatsClient, sender: Sender, { queue, settler }: Of) {
    this.#client = client
    this.#sender = sender
    this.#settler = settler
    this.#queue = queue
    const stream = client.names.delayed
    const { delayed: subject, delayedConsumer: consumer } = client.names.queue(queue)
    this.#readToken = tokenReader(stream, consumer)
    this.#remains = new Remains(client, { stream, consumer, subject })
    this.#puller = new Puller({
      client,
      stream,
      consumer,
      onNews: () => void this.#work(),
      giveBack: async (messages) => this.#sendBack(messages),
    })
  }

  /** Begins, and begins again after a connection was lost, or what hands out the messages was deleted. */
  async start(): Promise<void> {
    const { streams, link } = this.#client
    if (this.#puller.gone) streams.forget()
    await streams.ensureConsumer(this.#queue, 'delayed')
    this.#started = true
    this.#remains.sweep()
    this.#puller.check()
    if (link.connection !== undefined) this.#puller.want(link.connection, BATCH)
    await this.#work()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#remains.close()
    await this.#puller.close()
  }

  async #work(): Promise<void> {
    const driver = this.#client.link.connection
    if (!this.#started || this.#closed || driver === undefined) return
    try {
      const arrivals = this.#puller.take(BATCH)
      if (this.#puller.gone) this.#started = false
      else this.#puller.want(driver, BATCH)
      if (arrivals.length === 0) return
      await this.#client.clock.sync()
      await this.#move(this.#sortOut(arrivals.map(({ message }) => message)))
    } catch {
      // What was not told anything comes again.
    }
  }

  #sortOut(messages: readonly NatsMessage[]): readonly Due[] {
    const { names, clock } = this.#client
    const { ready } = names.queue(this.#queue)
    const due: Due[] = []
    for (const { reply: receipt = '', data } of messages) {
      const token = this.#readToken(receipt)
      const stored = decode(data)
      if (token === undefined) continue
      if (stored instanceof QueueError) {
        void this.#settler.bury(receipt, data, stored)
        continue
      }
      const restMs = storedAt(token) + stored.delayMs - clock.now()
      if (restMs > 0) {
        this.#settler.leaseSoon(receipt, Math.min(restMs, LONGEST_NAP_MS))
        continue
      }
      const letter = this.#sender.letter(ready, stored.message, { deliveries: stored.deliveries })
      // A server that lost the end of its stream gives numbers out again, but no moment.
      due.push({ receipt, letter: { ...letter, mark: `due.${token.seq}.${token.storedNanos}` } })
    }
    return due
  }

  async #move(due: readonly Due[]): Promise<void> {
    if (due.length === 0) return
    const outcomes = await this.#sender.send(
      this.#queue,
      due.map(({ letter }) => letter),
    )
    const moved = due.filter((_, index) => outcomes[index] === undefined)
    await this.#settler.acknowledge(moved.map(({ receipt }) => receipt))
  }

  /** For another consumer to look after, at once. */
  #sendBack(messages: readonly NatsMessage[]): void {
    for (const { reply } of messages) if (reply !== undefined) this.#settler.leaseSoon(reply, 0)
  }
}

interface Of {
  readonly queue: string
  readonly settler: Settler
}
