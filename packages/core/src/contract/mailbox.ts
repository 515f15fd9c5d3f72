import type { ChannelMessage, Subscription } from './channel.ts'

/**
 * The bounded buffer behind a channel's subscription, so that every adapter is lossy in the same way:
 * the reader takes at its own pace, and when `capacity` is reached the oldest message goes.
 */
export class Mailbox implements Subscription {
  readonly #buffer: ChannelMessage[] = []
  readonly #capacity: number
  readonly #onClose: () => Promise<void> | void
  #wake: (() => void) | undefined
  #closed = false
  #dropped = 0

  constructor(onClose: () => Promise<void> | void, capacity = 10_000) {
    this.#onClose = onClose
    this.#capacity = capacity
  }

  get dropped(): number {
    return this.#dropped
  }

  push(message: ChannelMessage): void {
    if (this.#closed) return
    if (this.#buffer.length >= this.#capacity) {
      this.#buffer.shift()
      this.#dropped += 1
    }
    this.#buffer.push(message)
    this.#wake?.()
  }

  /** Ends the iteration after what is buffered; runs `onClose` once. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#wake?.()
    await this.#onClose()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChannelMessage> {
    try {
      for (;;) {
        const next = this.#buffer.shift()
        if (next !== undefined) yield next
        else if (this.#closed) return
        else await this.#arrival()
      }
    } finally {
      await this.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}
