import { isFinal, systemRuntime } from '@bananasjs/core/contract'
import type { ResultRecord } from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import type { NatsDriver, NatsSubscription } from './nats-driver.ts'

export interface WatchOptions {
  readonly client: NatsClient
  readonly ids: readonly string[]
  readonly read: (ids: readonly string[]) => Promise<readonly (ResultRecord | undefined)[]>
  readonly signal: AbortSignal | undefined
}

/** Looks by itself this often: what a message that got lost costs at most. */
const LOOK_MS = 5000
/** Beyond so many, one subscription to all announcements is cheaper than one for each. */
const EACH = 200

/** Yields each record once it is final. Subscribes before it reads, so nothing falls between. */
export class ResultWatch {
  readonly #options: WatchOptions
  readonly #rest: Set<string>
  /** By the subject on which its end is announced. */
  readonly #bySubject: ReadonlyMap<string, string>
  /** Ids that are final, or all of the rest, since the last look. */
  #news = new Set<string>()
  #lookAtAll = true
  #wake: (() => void) | undefined

  constructor(options: WatchOptions) {
    const { ids, client } = options
    this.#options = options
    this.#rest = new Set(ids)
    this.#bySubject = new Map(ids.map((id) => [client.names.done(id), id]))
  }

  /** Something may have changed: looks at all that is still open. */
  look(): void {
    this.#lookAtAll = true
    this.#wake?.()
  }

  async *records(): AsyncGenerator<ResultRecord> {
    const { client, signal, read } = this.#options
    if (this.#rest.size === 0) return
    const driver = await client.link.open(signal)
    const subscriptions = this.#subscribe(driver)
    const forget = client.onNotice(({ kind }) => {
      if (kind === 'connected') this.look()
    })
    try {
      await driver.flush()
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
      for (const subscription of subscriptions) subscription.unsubscribe()
    }
  }

  #subscribe(driver: NatsDriver): readonly NatsSubscription[] {
    const subjects =
      this.#bySubject.size > EACH ? [this.#options.client.names.doneSubjects] : [...this.#bySubject.keys()]
    return subjects.map((subject) =>
      driver.subscribe(subject, {
        callback: (error, message) => {
          // Without the right to listen, the looks go on.
          if (error === null) this.#hear(message.subject)
        },
      }),
    )
  }

  #hear(subject: string): void {
    const id = this.#bySubject.get(subject)
    if (id === undefined || !this.#rest.has(id)) return
    this.#news.add(id)
    this.#wake?.()
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
