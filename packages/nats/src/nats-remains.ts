import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConsumerInfo } from './nats-api.ts'
import type { NatsClient } from './nats-client.ts'
import { clearGhosts } from './nats-ghosts.ts'
import type { QueueConsumer, Range } from './nats-ghosts.ts'
import { deleteStored, readStored } from './nats-stored.ts'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
/** Who holds something has mostly settled it after such a pause, and what is left is worth a closer look. */
const LOOK_AFTER_MS = 2000

/**
 * Removes what was acknowledged before the server crashed and is back in the stream since: servers up to 2.9 write down
 * the acknowledgement and the removal apart, and newer ones may lose either to a power cut. Nobody is handed it again,
 * but it would be counted for ever.
 */
export class Remains {
  readonly #client: NatsClient
  readonly #of: QueueConsumer
  readonly #unlisten: () => void
  #sweeping: AbortController | undefined

  constructor(client: NatsClient, of: QueueConsumer) {
    this.#client = client
    this.#of = of
    this.#unlisten = client.link.listen({ onDown: () => this.#stop() })
  }

  /** Once for each connection, in the background. */
  sweep(): void {
    if (this.#sweeping !== undefined) return
    this.#sweeping = new AbortController()
    this.#sweep(this.#sweeping.signal).catch(() => undefined) // the next connection sweeps again
  }

  close(): void {
    this.#unlisten()
    this.#stop()
  }

  #stop(): void {
    this.#sweeping?.abort()
    this.#sweeping = undefined
  }

  /** All that was handed out before is either acknowledged or held: done when nothing of it is held any more. */
  async #sweep(signal: AbortSignal): Promise<void> {
    const { stream, consumer } = this.#of
    const { api } = this.#client
    let swept = 0
    let last: number | undefined
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const info = await api.request<ConsumerInfo>(`CONSUMER.INFO.${stream}.${consumer}`, '', signal)
      const { stream_seq: floor } = info.ack_floor
      last ??= info.delivered.stream_seq
      await this.#remove({ from: swept + 1, to: floor }, signal)
      swept = floor
      if (floor >= last) return
      await sleep(systemRuntime, pauseMs, signal)
      if (pauseMs === LOOK_AFTER_MS)
        await clearGhosts(this.#client, this.#of, { from: floor + 1, to: last }, signal)
    }
  }

  /** One by one: on a purge, servers up to 2.9 forget what the consumer has handed out. */
  async #remove({ from, to }: Range, signal: AbortSignal): Promise<void> {
    const { stream, subject } = this.#of
    const { api } = this.#client
    for (let seq = from; seq <= to; seq += 1) {
      const found = await readStored(api, stream, { seq, next_by_subj: subject }, signal)
      if (found === undefined || found.seq > to) return
      seq = found.seq
      await deleteStored(api, stream, seq, signal)
    }
  }
}
