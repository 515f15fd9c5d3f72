import { QueueError } from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import type { StreamKind } from './nats-streams.ts'

/** One part's share of the connection: opened by first use, given back once, refused afterwards. */
export class Tenancy {
  readonly #client: NatsClient
  readonly #part: string
  readonly #kinds: readonly StreamKind[]
  #entered = false
  #closed = false

  /** @param kinds the streams this part cannot do without */
  constructor(client: NatsClient, part: string, kinds: readonly StreamKind[]) {
    this.#client = client
    this.#part = part
    this.#kinds = kinds
  }

  /** Every method begins with it. @throws QueueError CLOSED */
  async open(signal?: AbortSignal): Promise<void> {
    this.check()
    if (!this.#entered) {
      this.#entered = true
      this.#client.enter()
    }
    await this.#client.open(this.#kinds, signal)
    this.check()
  }

  check(): void {
    if (this.#closed)
      throw new QueueError('CLOSED', `nats: this ${this.#part} was closed. Make a new transport.`)
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
