import { Mailbox, QueueError, Tenancy } from '@bananasjs/core/contract'
import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import { RabbitmqListener } from './rabbitmq-listener.ts'
import { topicKey } from './rabbitmq-names.ts'

const MAX_PAYLOAD_BYTES = 1024 * 1024

/** Live messages through a direct exchange; each listener has a queue of its own that goes with its connection. */
export class RabbitmqChannel implements Channel {
  readonly name = 'rabbitmq'
  readonly supports: Channel['supports'] = Object.freeze({ maxPayloadBytes: MAX_PAYLOAD_BYTES })
  readonly #client: RabbitmqClient
  readonly #tenancy: Tenancy
  readonly #mailboxes = new Set<Mailbox>()
  #closing: Promise<void> | undefined

  constructor(client: RabbitmqClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'rabbitmq', 'channel')
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
  }

  async broadcast(topic: string, payload: Uint8Array): Promise<void> {
    await this.open()
    if (payload.length > MAX_PAYLOAD_BYTES)
      throw new QueueError(
        'TOO_LARGE',
        `rabbitmq: a broadcast on "${topic}" has ${payload.length} bytes; ${MAX_PAYLOAD_BYTES} are the most.`,
      )
    const { publisher, publishing, topology } = this.#client
    const channel = await publisher.channel()
    await publishing.answer(topology.declareEvents(channel), 'the declaration of an exchange')
    const content = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
    await publishing.answer(
      new Promise<void>((resolve, reject) => {
        const options = { headers: { 'bananas-topic': topic } }
        channel.publish(topology.eventExchange, topicKey(topic), content, options, (error: unknown) =>
          error === null || error === undefined ? resolve() : reject(error),
        )
      }),
      'a broadcast',
    )
  }

  async listen(topics: readonly string[], { signal }: Abortable = {}): Promise<Subscription> {
    await this.open({ signal })
    const listener = new RabbitmqListener(this.#client, topics, (message) => mailbox.push(message))
    const mailbox: Mailbox = new Mailbox(async () => {
      this.#mailboxes.delete(mailbox)
      signal?.removeEventListener('abort', leave)
      await listener.close()
    })
    const leave = (): void => void mailbox.close()
    this.#mailboxes.add(mailbox)
    try {
      await listener.open(signal)
    } catch (error) {
      await mailbox.close()
      throw error
    }
    if (signal?.aborted) {
      await mailbox.close()
      throw signal.reason
    }
    signal?.addEventListener('abort', leave, { once: true })
    return mailbox
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#mailboxes].map((mailbox) => mailbox.close()))
    await this.#tenancy.leave()
  }
}
