import { isFinal, systemRuntime } from '@bananasjs/core/contract'
import type { ResultRecord } from '@bananasjs/core/contract'
import type { RedisSubscriber } from './redis-subscriber.ts'

export interface WatchOptions {
  readonly ids: readonly string[]
  readonly topics: readonly string[]
  readonly subscriber: RedisSubscriber
  readonly read: (ids: readonly string[]) => Promise<readonly (ResultRecord | undefined)[]>
  readonly signal: AbortSignal | undefined
}

/** Looks by itself this often: what a message that got lost with a connection costs at most. */
const LOOK_MS = 5000

/** Yields each record once it is final. Subscribes before it reads, so nothing falls between. */
export class ResultWatch {
  readonly #options: WatchOptions
  readonly #rest: Set<string>
  /** Ids that are final, or all of the rest, since the last look. */
  #news = new Set<string>()
  #lookAtAll = true
  #wake: (() => void) | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    this.#rest = new Set(options.ids)
  }

  /** Something may have changed: looks at all that is still open. */
  look(): void {
    this.#lookAtAll = true
    this.#wake?.()
  }

  async *records(): AsyncGenerator<ResultRecord> {
    const { subscriber, topics, signal, read } = this.#options
    if (this.#rest.size === 0) return
    const hear = (payload: Buffer): void => this.#hear(payload)
    await subscriber.subscribe(topics, hear, signal)
    const forget = subscriber.onReconnect(() => this.look())
    try {
      while (this.#rest.size > 0) {
        const ids = this.#lookAtAll ? [...this.#rest] : [...this.#news]
        this.#lookAtAll = false
        this.#news = new Set()
        for (const record of await read(ids)) {
          if (record !== undefined && isFinal(record.state) && this.#rest.delete(record.id)) yield record
        }
        if (this.#rest.size > 0) await this.#untilNews(signal)
      }
    } finally {
      forget()
      subscriber.unsubscribe(topics, hear)
    }
  }

  /** Ids in one message, each with its size (2) in front. */
  #hear(payload: Buffer): void {
    for (let at = 0; at + 2 <= payload.length;) {
      const end = at + 2 + payload.readUInt16BE(at)
      const id = payload.toString('utf8', at + 2, end)
      if (this.#rest.has(id)) this.#news.add(id)
      at = end
    }
    if (this.#news.size > 0) this.#wake?.()
  }

  #untilNews(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lookAtAll || this.#news.size > 0) return resolve()
      const leave = (): void => {
        this.#wake = undefined
        timer.cancel()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        leave()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort rejects with the caller's own reason
        reject(signal?.reason)
      }
      this.#wake = () => {
        leave()
        resolve()
      }
      const timer = systemRuntime.setTimer(() => this.look(), LOOK_MS)
      if (signal?.aborted === true) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
