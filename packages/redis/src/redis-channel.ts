import { Mailbox, QueueError } from '@bananasjs/core/contract'
import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { topicKey } from './redis-keys.ts'
import { Tenancy } from './redis-tenancy.ts'

const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024

export class RedisChannel implements Channel {
  readonly name = 'redis'
  readonly supports: { readonly maxPayloadBytes: number } = Object.freeze({
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
  })
  readonly #client: RedisClient
  readonly #tenancy: Tenancy
  readonly #mailboxes = new Set<Mailbox>()
  #closing: Promise<void> | undefined

  constructor(client: RedisClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'channel')
  }

  open({ signal }: Abortable = {}): Promise<void> {
    return this.#tenancy.open(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async broadcast(topic: string, payload: Uint8Array): Promise<void> {
    await this.#tenancy.open()
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new QueueError(
        'TOO_LARGE',
        `A broadcast on "${topic}" has ${payload.length} bytes, redis takes ${MAX_PAYLOAD_BYTES}.`,
      )
    }
    await this.#client.call('publish', topicKey(this.#client.prefix, topic), Buffer.from(payload))
  }

  async listen(topics: readonly string[], { signal }: Abortable = {}): Promise<Subscription> {
    await this.#tenancy.open(signal)
    const byKey = new Map(topics.map((topic) => [topicKey(this.#client.prefix, topic), topic]))
    const ears = [...byKey].map(([key, topic]) => ({
      key,
      hear: (payload: Buffer): void => mailbox.push({ topic, payload }),
    }))
    const abort = (): void => void mailbox.close()
    const mailbox = new Mailbox(() => {
      signal?.removeEventListener('abort', abort)
      this.#mailboxes.delete(mailbox)
      for (const { key, hear } of ears) this.#client.subscriber.unsubscribe([key], hear)
    })
    this.#mailboxes.add(mailbox)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await Promise.all(ears.map(({ key, hear }) => this.#client.subscriber.subscribe([key], hear, signal)))
      this.#tenancy.check()
      signal?.throwIfAborted()
    } catch (error) {
      await mailbox.close()
      throw error
    }
    return mailbox
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#mailboxes].map((mailbox) => mailbox.close()))
    this.#tenancy.leave()
  }
}
