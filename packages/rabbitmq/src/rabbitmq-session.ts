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

  async want(max: number, held: number): Promise<void> {
    await this.#client.consuming.answer(this.#subscription.want(max, held), 'a subscription')
  }

  rest(): void {
    this.#subscription.rest()
  }

  linger(): void {
    this.#subscription.linger()
  }

  /** AMQP does not answer an acknowledgement; what comes after it on the same channel is answered. @throws QueueError */
  async settled(): Promise<void> {
    if (this.ended) throw lostError(this.#client.where, this.#reason)
    await this.#client.consuming.answer(this.#subscription.settled(), 'an acknowledgement')
  }

  stopPushing(): Promise<void> {
    return this.#subscription.stop()
  }

  /** Up to `max` at once, without a subscription. */
  async get(max: number): Promise<readonly AmqpMessage[]> {
    const asked = Array.from({ length: Math.min(max, MOST_AT_ONCE) }, () =>
      this.#channel.get(this.#name, { noAck: false }),
    )
    const answers = await this.#client.consuming.answer(Promise.all(asked), 'a get')
    const got = answers.filter((answer) => answer !== false)
    for (const message of got) this.#open.add(message)
    return got
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

  /** What is unsettled goes back at once. */
  async close(): Promise<void> {
    if (this.#ended) return
    await this.#subscription.stop()
    this.#open.clear()
    await this.#client.consuming.answer(this.#channel.close(), 'the end of a channel').catch(() => undefined)
  }
}

const MOST_AT_ONCE = 100
