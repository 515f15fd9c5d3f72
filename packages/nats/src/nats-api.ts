import { backoffMs, QueueError, race, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import { NobodyError } from './nats-asker.ts'
import type { Asker } from './nats-asker.ts'
import type { NatsMessage } from './nats-driver.ts'
import { ERROR, isRefused, lostError, natsError, noJetStreamError, RefusedError } from './nats-errors.ts'
import type { ApiError } from './nats-errors.ts'
import type { NatsLink } from './nats-link.ts'

export interface StreamConfig {
  readonly name: string
  readonly subjects: readonly string[]
  readonly retention: 'workqueue' | 'limits'
  readonly storage: 'file' | 'memory'
  readonly discard: 'new' | 'old'
  readonly num_replicas: number
  readonly max_bytes: number
  /** Nanoseconds; 0 = for ever. */
  readonly max_age: number
  readonly max_msgs_per_subject: number
  readonly duplicate_window?: number
  readonly allow_direct: boolean
  readonly allow_rollup_hdrs?: boolean
  readonly allow_msg_ttl?: boolean
  readonly deny_delete?: boolean
}

export interface StreamInfo {
  readonly config: StreamConfig
  readonly state: {
    readonly messages: number
    readonly bytes: number
    readonly first_seq: number
    readonly last_seq: number
    readonly subjects?: Readonly<Record<string, number>>
  }
  readonly cluster?: {
    readonly leader?: string
    readonly replicas?: readonly { readonly current: boolean }[]
  }
}

export interface ConsumerConfig {
  readonly durable_name?: string
  readonly name?: string
  readonly description?: string
  readonly filter_subject: string
  readonly ack_policy: 'explicit' | 'none'
  readonly deliver_policy: 'all' | 'by_start_sequence'
  readonly opt_start_seq?: number
  /** Nanoseconds. */
  readonly ack_wait?: number
  readonly max_deliver?: number
  readonly max_ack_pending?: number
  readonly max_waiting?: number
  readonly inactive_threshold?: number
  readonly mem_storage?: boolean
  readonly num_replicas?: number
}

export interface ConsumerInfo {
  readonly name: string
  readonly created: string
  readonly config: ConsumerConfig
  readonly delivered: { readonly stream_seq: number }
  /** Up to here everything is acknowledged. */
  readonly ack_floor: { readonly stream_seq: number }
  readonly num_ack_pending: number
  readonly num_pending: number
}

export const NANOS_PER_MS = 1_000_000

/** What only looks, and so may be asked while the same question is still open. */
const LOOKS = /^(?:STREAM|CONSUMER)\.(?:INFO|LIST|MSG\.GET)\b/
/** So often is such a question asked while nobody answers. */
const AGAIN_MS = 1000

/** The requests of JetStream's own API, of which each may be sent again. */
export class Api {
  readonly #asker: Asker
  readonly #link: NatsLink
  readonly #where: string
  readonly #recoveryMs: number

  constructor(asker: Asker, link: NatsLink, recoveryMs: number) {
    this.#asker = asker
    this.#link = link
    this.#where = link.where
    this.#recoveryMs = recoveryMs
  }

  /** @throws RefusedError when the server says no, QueueError otherwise */
  async request<T>(path: string, body: unknown = '', signal?: AbortSignal): Promise<T> {
    const data = body === '' ? '' : JSON.stringify(body)
    const subject = `$JS.API.${path}`
    return this.persist(async () => {
      const answer = LOOKS.test(path)
        ? await this.#insist(subject, data, signal)
        : await this.#asker.ask(subject, data, signal)
      const parsed = JSON.parse(Buffer.from(answer.data).toString()) as T & { readonly error?: ApiError }
      if (parsed.error !== undefined) throw new RefusedError(parsed.error)
      return parsed
    }, signal)
  }

  /** Tries again what the connection, or a server that is away, failed: for as long as a call waits for a recovery. */
  async persist<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const deadline = systemRuntime.monotonic() + this.#recoveryMs
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await act()
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof NobodyError && this.#link.connection?.info?.jetstream !== true)
          throw noJetStreamError(this.#where)
        if (!isPassing(error, this.#where) || systemRuntime.monotonic() >= deadline) throw this.#told(error)
        await sleep(systemRuntime, backoffMs(systemRuntime, attempt), signal)
      }
    }
  }

  /**
   * Asks, and each second once more, until one of the questions has its answer: servers that are choosing a leader throw
   * questions away, and waiting for the answer to one of those would outlast the choice.
   */
  async #insist(subject: string, data: string, signal?: AbortSignal): Promise<NatsMessage> {
    const driver = await this.#link.open(signal)
    let timer: Timer | undefined
    const answer = new Promise<NatsMessage>((resolve, reject) => {
      const ask = (): void => {
        timer = systemRuntime.setTimer(ask, AGAIN_MS)
        this.#asker.askOn(driver, subject, data).then(resolve, reject)
      }
      ask()
    })
    try {
      return await race(answer, signal)
    } finally {
      timer?.cancel()
    }
  }

  #told(error: unknown): unknown {
    if (error instanceof RefusedError) return error
    return error instanceof NobodyError ? lostError(this.#where, error) : natsError(error, this.#where)
  }
}

/** May the same be tried again, because the cause passes by itself? */
export function isPassing(error: unknown, where: string): boolean {
  if (error instanceof NobodyError) return true
  // So says a cluster, too, that has started and has not yet heard from all its servers.
  if (isRefused(error, ERROR.tooFewServers)) return true
  if (QueueError.is(error)) return error.code === 'CONNECTION_LOST'
  return natsError(error, where).code === 'CONNECTION_LOST'
}
