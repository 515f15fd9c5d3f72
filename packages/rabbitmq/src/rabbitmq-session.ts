import type { QueueError } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import type { AmqpChannel, AmqpMessage } from './rabbitmq-driver.ts'
import { lostError } from './rabbitmq-errors.ts'
import { Subscription } from './rabbitmq-subscription.ts'

export interface SessionOptions {
  readonly queue: string
  readonly prefetch: number
  /** Tells the receipts of one channel from those of the next. */
  readonly number: number
  readonly signal?: AbortSignal
  /** Something came, or the session ended. */
  readonly onNews: () => void
  /** Puts a message back as if it had never been here; resolves with the error when that failed. */
  readonly putBack: (message: AmqpMessage) => Promise<QueueError | undefined>
}

/** One channel of a consumer, from its opening to its end. What it handed out belongs to it, and goes back when it ends. */
export class Session {
  readonly #client: RabbitmqClient
  readonly #channel: AmqpChannel
  readonly #number: number
  readonly #name: string
  readonly #subscription: Subscription
  /** What is unacknowledged, in the order in which it came. */
  readonly #open = new Set<AmqpMessage>()
  #ended = false
  #reason: unknown

  private constructor(client: RabbitmqClient, channel: AmqpChannel, options: SessionOptions) {
    this.#client = client
    this.#channel = channel
    this.#number = options.number
    this.#name = client.topology.queue('ready', options.queue)
    this.#subscription = new Subscription(channel, {
      queue: this.#name,
      most: Math.max(1, Math.min(options.prefetch, 65_535)),
      onArrival: options.onNews,
      giveBack: (messages) => this.#giveBackUnread(messages, options),
    })
    channel.on('error', (error: unknown) => (this.#reason = error))
    channel.on('close', () => {
      this.#ended = true
      options.onNews()
    })
  }

  /** @throws QueueError */
  static async open(client: RabbitmqClient, options: SessionOptions): Promise<Session> {
    const declaring = await client.publisher.channel(options.signal)
    await client.publishing.answer(
      client.topology.declareQueue(declaring, 'ready', options.queue),
      'the declaration of a queue',
    )
    const connection = await client.consuming.open(options.signal)
    const channel = await client.consuming.answer(connection.createChannel(), 'a channel')
    return new Session(client, channel, options)
  }

  get ended(): boolean {
    return this.#ended || this.#subscription.cancelled
  }

  get reason(): unknown {
    return this.#reason
  }

  get hasNews(): boolean {
    return this.ended || this.#subscription.buffered > 0
  }

  take(max: number): readonly AmqpMessage[] {
    const taken = this.#subscription.take(max)
    for (const message of taken) this.#open.add(message)
    return taken
  }

  /** Does the server push by itself? Then asking it would tell nothing new. */
  get subscribed(): boolean {
    return this.#subscription.active
  }

  async want(max: number, held: number): Promise<void> {
    await this.#client.consuming.answer(this.#subscription.want(max, held), 'a subscription')
  }

  stay(): void {
    this.#subscription.stay()
  }

  rest(): void {
    this.#subscription.rest()
  }

  /** AMQP does not answer an acknowledgement; what comes after it on the same channel is answered. @throws QueueError */
  async settled(): Promise<void> {
    if (this.ended) throw lostError(this.#client.where, this.#reason)
    await this.#client.consuming.answer(this.#subscription.settled(), 'an acknowledgement')
  }

  /** One message, without a subscription. */
  async get(): Promise<AmqpMessage | undefined> {
    const answer = await this.#client.consuming.answer(
      this.#channel.get(this.#name, { noAck: false }),
      'a get',
    )
    if (answer === false) return undefined
    this.#open.add(answer)
    return answer
  }

  receiptOf({ fields }: AmqpMessage): string {
    return `${this.#number}.${fields.deliveryTag}`
  }

  /** As few frames as possible: one for everything up to the first that is still held. */
  acknowledge(messages: readonly AmqpMessage[]): void {
    if (this.ended) return
    const rest = new Set(messages)
    const firstUntaken = this.#subscription.firstTag
    let last: AmqpMessage | undefined
    for (const message of this.#open) {
      if (!rest.has(message) || message.fields.deliveryTag! > firstUntaken) break
      rest.delete(message)
      this.#open.delete(message)
      last = message
    }
    if (last !== undefined) this.#channel.ack(last, true)
    for (const message of rest) {
      this.#open.delete(message)
      this.#channel.ack(message)
    }
  }

  giveBack(message: AmqpMessage): void {
    if (this.ended) return
    this.#open.delete(message)
    this.#channel.nack(message, false, true)
  }

  /**
   * Pushed here, and read by nobody: a copy goes back and this one ends, because the server counts what is merely returned
   * as a delivery, and a task that was delivered too often counts as poison.
   */
  async #giveBackUnread(messages: readonly AmqpMessage[], { putBack }: SessionOptions): Promise<void> {
    await Promise.all(
      messages.map(async (message) => {
        const error = await putBack(message)
        if (this.ended) return
        if (error === undefined) this.#channel.ack(message)
        else this.#channel.nack(message, false, true)
      }),
    )
  }

  /** What is unsettled goes back at once. */
  async close(): Promise<void> {
    if (this.#ended) return
    await this.#subscription.stop()
    this.#open.clear()
    await this.#client.consuming.answer(this.#channel.close(), 'the end of a channel').catch(() => undefined)
  }
}
