import { QueueError } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'

/** One part's share of the connections: opened by first use, given back once, refused afterwards. */
export class Tenancy {
  readonly #client: RabbitmqClient
  readonly #part: string
  #entered = false
  #closed = false

  constructor(client: RabbitmqClient, part: string) {
    this.#client = client
    this.#part = part
  }

  /** Every method begins with it. @throws QueueError CLOSED */
  async open(signal?: AbortSignal): Promise<void> {
    this.check()
    if (!this.#entered) {
      this.#entered = true
      this.#client.enter()
    }
    await this.#client.open(signal)
    this.check()
  }

  check(): void {
    if (this.#closed)
      throw new QueueError('CLOSED', `rabbitmq: this ${this.#part} was closed. Make a new transport.`)
  }

  /** From here on `open` refuses; `leave` follows when the part has let go of what it holds. */
  shut(): void {
    this.#closed = true
  }

  async leave(): Promise<void> {
    const entered = this.#entered
    this.#entered = false
    await this.#client.leave(entered)
  }
}
