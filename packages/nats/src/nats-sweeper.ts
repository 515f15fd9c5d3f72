import type { NatsClient } from './nats-client.ts'
import { readStream } from './nats-reader.ts'
import { deleteStored } from './nats-stored.ts'

/** Each write pays for two looks: so what has ended is gone after two turns through the bucket at most. */
const WRITES = 500
const LOOKS = 1000
/** What ended a moment ago may be read by a clock that is behind. */
const GRACE_MS = 1000

/** Removes what has ended, where the server does not do so by itself. No timers: who writes nothing leaves nothing. */
export class Sweeper {
  readonly #client: NatsClient
  #writes = 0
  #from = 1
  #sweeping = false

  constructor(client: NatsClient) {
    this.#client = client
  }

  /** So much was written. */
  count(writes: number): void {
    this.#writes += writes
    if (this.#writes < WRITES || this.#sweeping) return
    this.#writes -= WRITES
    this.#sweeping = true
    this.#sweep()
      .catch(() => undefined) // the next one goes on from here
      .finally(() => (this.#sweeping = false))
  }

  async #sweep(): Promise<void> {
    const { names, streams, clock, api } = this.#client
    const config = await streams.ensure('results')
    if (config.allow_msg_ttl === true) return
    await clock.sync()
    let looked = 0
    const range = { stream: names.results, filter: names.resultSubjects, from: this.#from, limit: LOOKS }
    for await (const batch of readStream(this.#client, { ...range, headersOnly: true })) {
      looked += batch.length
      this.#from = batch.at(-1)!.seq + 1
      const over = batch.filter(({ storedAt, ttlMs }) => storedAt + ttlMs + GRACE_MS < clock.now())
      // By its sequence: what was written anew meanwhile has another one.
      await Promise.all(
        over.map(({ seq }) => deleteStored(api, names.results, seq).catch(() => undefined)), // the next look finds it
      )
    }
    if (looked < LOOKS) this.#from = 1
  }
}
