import { QueueError } from '../errors.ts'

/** The connections that broker, results and channel of one transport share. */
export interface SharedClient {
  /** One more part uses it. */
  enter(): void
  open(signal?: AbortSignal): Promise<void>
  /** @param entered whether this part had called `enter`; the last one out closes the connections */
  leave(entered: boolean): Promise<void> | void
}

/** One part's share of the connections: opened by first use, given back once, refused afterwards. */
export class Tenancy {
  readonly #client: SharedClient
  readonly #transport: string
  readonly #part: string
  #entered = false
  #closed = false

  /**
   * @param transport name of the adapter, as its errors begin
   * @param part what was closed, as the error names it: `broker`
   */
  constructor(client: SharedClient, transport: string, part: string) {
    this.#client = client
    this.#transport = transport
    this.#part = part
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Every method begins with it. @throws QueueError CLOSED, and what opening throws */
  async open(signal?: AbortSignal): Promise<void> {
    this.check()
    if (!this.#entered) {
      this.#entered = true
      this.#client.enter()
    }
    await this.#client.open(signal)
    this.check()
  }

  /** @throws QueueError CLOSED */
  check(): void {
    if (this.#closed)
      throw new QueueError(
        'CLOSED',
        `${this.#transport}: this ${this.#part} was closed. Make a new transport.`,
      )
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
