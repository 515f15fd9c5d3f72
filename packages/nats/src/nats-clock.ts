import { systemRuntime } from '@bananasjs/core/contract'
import type { Api, ConsumerInfo } from './nats-api.ts'
import { NANOS_PER_MS } from './nats-api.ts'
import type { Names } from './nats-names.ts'

/** A sample is good for so long: clocks drift by less than a millisecond in this time. */
const FRESH_MS = 60_000
/** The consumer that is made to see the server's time goes by itself after this. */
const FORGOTTEN_MS = 5000

/**
 * The server's clock, which no request tells: a consumer that is made bears the moment of its making. Never ahead of the
 * real one, and behind it by a round trip at most; between two samples this machine's monotonic clock counts.
 */
export class ServerClock {
  readonly #api: Api
  readonly #names: Names
  #sample: { readonly at: number; readonly offsetMs: number } | undefined
  #sampling: Promise<void> | undefined

  constructor(api: Api, names: Names) {
    this.#api = api
    this.#names = names
  }

  /** Makes `now` fresh enough. @throws QueueError */
  async sync(): Promise<void> {
    if (this.#sample !== undefined && systemRuntime.monotonic() - this.#sample.at < FRESH_MS) return
    this.#sampling ??= this.#take().finally(() => (this.#sampling = undefined))
    await this.#sampling
  }

  /** Epoch milliseconds; after `sync`. */
  now(): number {
    return systemRuntime.monotonic() + (this.#sample?.offsetMs ?? 0)
  }

  forget(): void {
    this.#sample = undefined
  }

  async #take(): Promise<void> {
    const nonce = systemRuntime.id()
    const { queues } = this.#names
    const filter = this.#names.silence(nonce)
    const { created } = await this.#api.request<ConsumerInfo>(
      `CONSUMER.CREATE.${queues}.${nonce}.${filter}`,
      {
        stream_name: queues,
        config: {
          name: nonce,
          filter_subject: filter,
          ack_policy: 'explicit',
          deliver_policy: 'all',
          inactive_threshold: FORGOTTEN_MS * NANOS_PER_MS,
          mem_storage: true,
          num_replicas: 1,
        },
      },
    )
    const at = systemRuntime.monotonic()
    this.#sample = { at, offsetMs: Date.parse(created) - at }
    this.#api.request(`CONSUMER.DELETE.${queues}.${nonce}`).catch(() => undefined) // it goes by itself, too
  }
}
