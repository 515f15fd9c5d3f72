import { Mailbox, QueueError, sleep, systemRuntime, Tenancy } from '@bananasjs/core/contract'
import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { shardKeys, topicKey } from './redis-keys.ts'
import { script } from './redis-script.ts'
import { BROADCAST } from './scripts/broadcast.ts'

/** A node that is this far behind is given up: the channel is lossy by contract. */
const CATCH_UP_MS = 2000
const BROADCAST_SCRIPT = script(BROADCAST)
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
    this.#tenancy = new Tenancy(client, 'redis', 'channel')
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
    await this.#send(topicKey(this.#client.prefix, topic), Buffer.from(payload))
  }

  async listen(topics: readonly string[], { signal }: Abortable = {}): Promise<Subscription> {
    await this.#tenancy.open(signal)
    const byKey = new Map(topics.map((topic) => [topicKey(this.#client.prefix, topic), topic]))
    let live = this.#client.shards === 1
    const ears = [...byKey].map(([key, topic]) => ({
      key,
      hear: (payload: Buffer): void => {
        if (live) mailbox.push({ topic, payload })
      },
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
      if (!live) await this.#catchUp(signal)
      live = true
      this.#tenancy.check()
      signal?.throwIfAborted()
    } catch (error) {
      await mailbox.close()
      throw error
    }
    return mailbox
  }

  async #send(key: string, payload: Buffer): Promise<void> {
    const { prefix, shards } = this.#client
    if (shards === 1) await this.#client.call('publish', key, payload)
    else await this.#client.run(BROADCAST_SCRIPT, [shardKeys(prefix, 0).finished], [key, payload])
  }

  /**
   * In a cluster, what was broadcast before may still be on its way between the nodes. It travels in order, so a
   * message of our own, sent the same way, comes after all of it.
   */
  async #catchUp(signal: AbortSignal | undefined): Promise<void> {
    const key = topicKey(this.#client.prefix, `catch-up:${systemRuntime.id()}`)
    const heard = new AbortController()
    const hear = (): void => heard.abort()
    await this.#client.subscriber.subscribe([key], hear, signal)
    try {
      await this.#send(key, Buffer.alloc(0))
      await sleep(systemRuntime, CATCH_UP_MS, heard.signal).catch(() => undefined)
    } finally {
      this.#client.subscriber.unsubscribe([key], hear)
    }
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#mailboxes].map((mailbox) => mailbox.close()))
    await this.#tenancy.leave()
  }
}
