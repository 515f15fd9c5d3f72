import type { Timer } from '../runtime/runtime.ts'
import type { EventBody, QueueEvent } from './events.ts'
import type { Parts } from './parts.ts'
import { topicsOf } from './topics.ts'

const FLUSH_MS = 100
const FLUSH_EVENTS = 500
const BUFFER_EVENTS = 10_000

/** How events are sent: only while somebody has asked within the last seconds, always, or never. */
export type EventMode = 'on-demand' | 'always' | 'off'

/**
 * Sends events in batches (100 ms or 500 events). Lossy like the channel: what cannot be sent is dropped, and the
 * sequence numbers show it. While nobody listens an emit is one comparison.
 */
export class EventPublisher {
  readonly #parts: Parts
  readonly #source: string
  readonly #mode: EventMode
  #listenedUntil = 0
  #seq = 0
  #buffer: QueueEvent[] = []
  #timer: Timer | undefined

  constructor(parts: Parts, source: string, mode: EventMode) {
    this.#parts = parts
    this.#source = source
    this.#mode = parts.channel === undefined ? 'off' : mode
  }

  /** False while an event would go nowhere: spare yourself building it. */
  get wanted(): boolean {
    if (this.#mode === 'on-demand')
      return this.#listenedUntil > 0 && this.#parts.runtime.monotonic() < this.#listenedUntil
    return this.#mode === 'always'
  }

  /** Somebody listens: send for the next `forMs`. */
  demand(forMs: number): void {
    this.#listenedUntil = Math.max(this.#listenedUntil, this.#parts.runtime.monotonic() + forMs)
  }

  emit(body: EventBody): void {
    if (!this.wanted) return
    const origin = { at: this.#parts.runtime.now(), source: this.#source, seq: ++this.#seq }
    this.#buffer.push({ ...body, ...origin })
    if (this.#buffer.length > BUFFER_EVENTS) this.#buffer.shift()
    if (this.#buffer.length >= FLUSH_EVENTS) void this.flush()
    else this.#timer ??= this.#parts.runtime.setTimer(() => void this.flush(), FLUSH_MS, true)
  }

  /** Sends what is buffered; never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const { channel, namespace } = this.#parts
    while (channel !== undefined && this.#buffer.length > 0) {
      const events = this.#buffer.splice(0, FLUSH_EVENTS)
      // Lossy by contract: a lost batch shows as a gap in `seq`.
      await channel.broadcast(topicsOf(namespace).events, Buffer.from(JSON.stringify(events))).catch(() => {})
    }
  }
}
