import { Mailbox, QueueError, race, Tenancy } from '@bananasjs/core/contract'
import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import { natsError } from './nats-errors.ts'
import { maxBytes } from './nats-supports.ts'

/** Live messages by plain publish and subscribe, without JetStream; the driver subscribes again after a reconnect. */
export class NatsChannel implements Channel {
  readonly name = 'nats'
  readonly #client: NatsClient
  readonly #tenancy: Tenancy
  readonly #mailboxes = new Set<Mailbox>()
  #supports: Channel['supports'] = Object.freeze({ maxPayloadBytes: maxBytes(Infinity) })
  #closing: Promise<void> | undefined

  constructor(client: NatsClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client.needing([]), 'nats', 'channel')
  }

  get supports(): Channel['supports'] {
    return this.#supports
  }

  async open({ signal }: Abortable = {}): Promise<void> {
    await this.#tenancy.open(signal)
    const maxPayloadBytes = maxBytes(this.#client.link.connection?.info?.max_payload ?? Infinity)
    if (maxPayloadBytes < this.#supports.maxPayloadBytes) this.#supports = Object.freeze({ maxPayloadBytes })
  }

  async broadcast(topic: string, payload: Uint8Array): Promise<void> {
    await this.open()
    const { maxPayloadBytes } = this.#supports
    if (payload.length > maxPayloadBytes)
      throw new QueueError(
        'TOO_LARGE',
        `nats: a broadcast on "${topic}" has ${payload.length} bytes; ${maxPayloadBytes} are the most.`,
      )
    const driver = await this.#client.link.open()
    try {
      driver.publish(this.#client.names.topic(topic), Uint8Array.from(payload))
      await driver.flush()
    } catch (error) {
      throw natsError(error, this.#client.where)
    }
  }

  async listen(topics: readonly string[], { signal }: Abortable = {}): Promise<Subscription> {
    await this.open({ signal })
    const driver = await this.#client.link.open(signal)
    const subscriptions = [...new Set(topics)].map((topic) =>
      driver.subscribe(this.#client.names.topic(topic), {
        callback: (error, { data }) => {
          if (error === null) mailbox.push({ topic, payload: Uint8Array.from(data) })
          else denied = error
        },
      }),
    )
    let denied: Error | undefined
    const abort = (): void => void mailbox.close()
    const mailbox = new Mailbox(() => {
      signal?.removeEventListener('abort', abort)
      this.#mailboxes.delete(mailbox)
      for (const subscription of subscriptions) subscription.unsubscribe()
    })
    this.#mailboxes.add(mailbox)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      // An answer that comes after the subscriptions: the server has them.
      await race(driver.flush(), signal)
      if (denied !== undefined) throw denied
      this.#tenancy.check()
    } catch (error) {
      await mailbox.close()
      signal?.throwIfAborted()
      throw natsError(error, this.#client.where)
    }
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
