import type { ChannelMessage, Subscription } from '@bananasjs/core/contract'

/** Reads a subscription to its end and keeps all it hears. */
export class Ear {
  readonly heard: ChannelMessage[] = []
  readonly subscription: Subscription
  /** Resolves when the iteration ends, rejects when it fails. */
  readonly ended: Promise<void>

  constructor(subscription: Subscription) {
    this.subscription = subscription
    this.ended = this.#read()
    this.ended.catch(() => undefined) // told to whoever awaits it
  }

  get texts(): readonly string[] {
    return this.heard.map(({ payload }) => Buffer.from(payload).toString())
  }

  async close(): Promise<void> {
    await this.subscription[Symbol.asyncDispose]()
  }

  async #read(): Promise<void> {
    for await (const message of this.subscription) this.heard.push(message)
  }
}
