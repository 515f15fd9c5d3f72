import { QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ChannelMessage } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import type { AmqpChannel, AmqpMessage } from './rabbitmq-driver.ts'
import { topicKey } from './rabbitmq-names.ts'

const AGAIN_MS = 200

/** One subscription at the server, made again on each new connection until it is closed. */
export class RabbitmqListener {
  readonly #client: RabbitmqClient
  readonly #topics: readonly string[]
  readonly #onMessage: (message: ChannelMessage) => void
  readonly #stop = new AbortController()
  #channel: AmqpChannel | undefined

  constructor(
    client: RabbitmqClient,
    topics: readonly string[],
    onMessage: (message: ChannelMessage) => void,
  ) {
    this.#client = client
    this.#topics = topics
    this.#onMessage = onMessage
  }

  /** Resolves when the server has confirmed every topic. @throws QueueError */
  async open(signal?: AbortSignal): Promise<void> {
    const { consuming, publisher, publishing, topology } = this.#client
    await publishing.answer(
      topology.declareEvents(await publisher.channel(signal)),
      'the declaration of an exchange',
    )
    const connection = await consuming.open(signal)
    const channel = await consuming.answer(connection.createChannel(), 'a channel')
    channel.on('error', () => undefined)
    channel.on('close', () => void this.#again(channel))
    this.#channel = channel
    await consuming.answer(this.#subscribe(channel), 'a subscription')
    if (this.#stop.signal.aborted) await this.#leave()
  }

  async close(): Promise<void> {
    this.#stop.abort(new QueueError('CLOSED', 'rabbitmq: this subscription was closed.'))
    await this.#leave()
  }

  async #subscribe(channel: AmqpChannel): Promise<void> {
    // The name is ours: only an exclusive queue may be transient on every version.
    const queue = `${this.#client.settings.prefix}:events:${systemRuntime.id()}`
    await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false })
    for (const topic of new Set(this.#topics))
      await channel.bindQueue(queue, this.#client.topology.eventExchange, topicKey(topic))
    await channel.consume(queue, (message) => this.#hear(message), { noAck: true, exclusive: true })
  }

  #hear(message: AmqpMessage | null): void {
    const topic = message?.properties.headers?.['bananas-topic']
    if (message !== null && typeof topic === 'string')
      this.#onMessage({ topic, payload: new Uint8Array(message.content) })
  }

  async #again(ended: AmqpChannel): Promise<void> {
    const { signal } = this.#stop
    if (this.#channel !== ended) return
    this.#channel = undefined
    while (!signal.aborted) {
      try {
        return await this.open(signal)
      } catch {
        // The connection tells of itself; a subscription comes back when it can.
        await sleep(systemRuntime, AGAIN_MS, signal).catch(() => undefined)
      }
    }
  }

  async #leave(): Promise<void> {
    const channel = this.#channel
    this.#channel = undefined
    if (channel !== undefined)
      await this.#client.consuming.answer(channel.close(), 'the end of a channel').catch(() => undefined)
  }
}
