import { Mailbox, QueueError } from '../contract/index.ts'
import type { Abortable, Channel, Subscription } from '../contract/index.ts'
import type { MemoryStore } from './memory-store.ts'

export class MemoryChannel implements Channel {
  readonly name = 'memory'
  readonly supports: Channel['supports']
  readonly #store: MemoryStore
  readonly #mailboxes = new Set<Mailbox>()
  #closed = false

  constructor(store: MemoryStore, supports: Channel['supports']) {
    this.#store = store
    this.supports = supports
  }

  async open(options?: Abortable): Promise<void> {
    this.#check(options)
  }

  /** All listeners get the same copy of the payload. */
  async broadcast(topic: string, payload: Uint8Array): Promise<void> {
    this.#check()
    const { maxPayloadBytes } = this.supports
    if (payload.length > maxPayloadBytes) {
      throw new QueueError(
        'TOO_LARGE',
        `A payload of ${payload.length} bytes on topic ${topic}: memory takes ${maxPayloadBytes}.`,
      )
    }
    const message = { topic, payload: new Uint8Array(payload) }
    for (const mailbox of this.#store.topics.get(topic) ?? []) mailbox.push(message)
  }

  async listen(topics: readonly string[], options?: Abortable): Promise<Subscription> {
    this.#check(options)
    const signal = options?.signal
    const onAbort = (): void => void mailbox.close()
    const mailbox: Mailbox = new Mailbox(() => {
      signal?.removeEventListener('abort', onAbort)
      this.#leave(mailbox, topics)
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#mailboxes.add(mailbox)
    for (const topic of topics) {
      const listening = this.#store.topics.get(topic)
      if (listening === undefined) this.#store.topics.set(topic, new Set([mailbox]))
      else listening.add(mailbox)
    }
    return mailbox
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#mailboxes].map((mailbox) => mailbox.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #leave(mailbox: Mailbox, topics: readonly string[]): void {
    this.#mailboxes.delete(mailbox)
    for (const topic of topics) {
      const listening = this.#store.topics.get(topic)
      listening?.delete(mailbox)
      if (listening?.size === 0) this.#store.topics.delete(topic)
    }
  }

  #check(options?: Abortable): void {
    if (this.#closed) throw new QueueError('CLOSED', 'This memory channel was closed. Make a new transport.')
    options?.signal?.throwIfAborted()
  }
}
