import { headers as natsHeaders } from '@nats-io/transport-node'
import type { NatsClient } from './nats-client.ts'
import type { NatsMessage } from './nats-driver.ts'
import { ERROR, RefusedError } from './nats-errors.ts'
import type { ApiError } from './nats-errors.ts'
import { readStored } from './nats-stored.ts'

/** What a key holds: nothing where it is absent, removed or expired. */
export interface Cell {
  /** The revision to expect when it is written: 0 where the key was never there. */
  readonly seq: number
  /** A copy; the caller's. */
  readonly value: Uint8Array | undefined
  readonly ttlMs: number
}

const ABSENT: Cell = { seq: 0, value: undefined, ttlMs: 0 }
export const TTL_HEADER = 'Bananas-Ttl'
const EXPECTED_HEADER = 'Nats-Expected-Last-Subject-Sequence'
const SECOND_MS = 1000
const LONGEST_TTL_S = 2 ** 31

/**
 * Keys of a KV bucket, each with a time to live, written by revision. A key ends by its own header and the server's clock;
 * what has ended is removed by the server itself (2.11 and newer), or by the sweeper.
 */
export class Bucket {
  readonly #client: NatsClient

  constructor(client: NatsClient) {
    this.#client = client
  }

  /** @throws QueueError and RefusedError */
  async read(key: string): Promise<Cell> {
    const { clock, streams } = this.#client
    const [config] = await Promise.all([streams.ensure('results'), clock.sync()])
    // Of several servers any may answer a direct get, also one that is behind.
    const direct = config.num_replicas === 1 && config.allow_direct
    const found = direct ? await this.#direct(key) : await this.#byLeader(key)
    if (found === undefined) return ABSENT
    const { seq, storedAt, ttlMs, value } = found
    // What was removed a moment ago was so also where the clock is behind by a round trip.
    const lives = ttlMs > 0 && storedAt + ttlMs > clock.now()
    return { seq, ttlMs, value: lives ? value : undefined }
  }

  /**
   * Stores `value`, or marks the key as removed, when the key is at revision `expected`; without one, in any case.
   * @returns the new revision, `undefined` when the key has another one
   * @throws QueueError and RefusedError
   */
  async write(key: string, { value, ttlMs, expected }: Write): Promise<number | undefined> {
    const { asker, link, streams } = this.#client
    const config = await streams.ensure('results')
    const headers = natsHeaders()
    headers.set(TTL_HEADER, value === null ? '0' : String(ttlMs))
    if (expected !== undefined) headers.set(EXPECTED_HEADER, String(expected))
    if (config.allow_msg_ttl === true) headers.set('Nats-TTL', `${secondsOf(value === null ? 0 : ttlMs)}s`)
    const driver = await link.open()
    const answer = await new Promise<NatsMessage>((resolve, reject) => {
      asker.send(driver, key, {
        data: value ?? new Uint8Array(0),
        headers,
        done: (error, message) => {
          if (message !== undefined) resolve(message)
          else reject(error instanceof Error ? error : new Error(String(error)))
        },
      })
    })
    const { error, seq } = JSON.parse(Buffer.from(answer.data).toString()) as {
      readonly error?: ApiError
      readonly seq?: number
    }
    if (error === undefined) return seq
    if (error.err_code === ERROR.wrongSequence) return undefined
    throw new RefusedError(error)
  }

  async #direct(key: string): Promise<Found | undefined> {
    const { asker, names } = this.#client
    const { headers, data } = await asker.ask(`$JS.API.DIRECT.GET.${names.results}.${key}`)
    if (headers === undefined || headers.code === 404) return undefined
    return {
      seq: Number(headers.get('Nats-Sequence')),
      storedAt: Date.parse(headers.get('Nats-Time-Stamp')),
      ttlMs: Number(headers.get(TTL_HEADER)),
      value: Uint8Array.from(data),
    }
  }

  async #byLeader(key: string): Promise<Found | undefined> {
    const { api, names } = this.#client
    const message = await readStored(api, names.results, { last_by_subj: key })
    if (message === undefined) return undefined
    const headers = Buffer.from(message.hdrs ?? '', 'base64').toString()
    return {
      seq: message.seq,
      storedAt: Date.parse(message.time),
      ttlMs: Number(new RegExp(`^${TTL_HEADER}: *(\\S+)`, 'm').exec(headers)?.[1] ?? 0),
      value: Uint8Array.from(Buffer.from(message.data ?? '', 'base64')),
    }
  }
}

export interface Write {
  /** `null` removes. */
  readonly value: Uint8Array | null
  readonly ttlMs: number
  readonly expected?: number | undefined
}

interface Found {
  readonly seq: number
  readonly storedAt: number
  readonly ttlMs: number
  readonly value: Uint8Array
}

/** The server counts in whole seconds, and never sooner than the header says. */
function secondsOf(ttlMs: number): number {
  return Math.min(Math.ceil(ttlMs / SECOND_MS) + 1, LONGEST_TTL_S)
}
