import type { BrokerSupports, Message, Runtime } from '../contract/index.ts'
import { checkMessage, QueueError } from '../contract/index.ts'

/** What one client makes of its declared capabilities: the arithmetic of levels, sizes and moments. */
export class MemoryTerms {
  readonly supports: BrokerSupports
  readonly #runtime: Runtime
  readonly #grainMs: number

  /** `grainMs` coarsens every moment to its multiples; 0 leaves them exact. */
  constructor(supports: BrokerSupports, runtime: Runtime, grainMs: number) {
    this.supports = supports
    this.#runtime = runtime
    this.#grainMs = grainMs
  }

  level(priority: number): number {
    return Math.floor((priority * this.supports.priorityLevels) / 101)
  }

  /** The moment `delayMs` from now, never early; 0 for no delay. */
  due(delayMs: number): number {
    return delayMs > 0 ? this.#coarse(this.#runtime.monotonic() + delayMs) : 0
  }

  /** When a lease ends that was started, or is extended, now. */
  leaseEnd(leaseMs: number, startedAt: number = this.#runtime.monotonic()): number {
    const { renewable, maxMs } = this.supports.lease
    const latest = startedAt + maxMs
    return renewable ? Math.min(this.#coarse(this.#runtime.monotonic() + leaseMs), latest) : latest
  }

  refusal(message: Message): QueueError | undefined {
    return (
      checkMessage(message) ??
      this.#tooLarge(message) ??
      this.tooLong(message.delayMs, `message ${message.id}`)
    )
  }

  tooLong(delayMs: number, what: string): QueueError | undefined {
    const { maxDelayMs } = this.supports
    if (delayMs <= maxDelayMs) return undefined
    return new QueueError(
      'UNSUPPORTED',
      `memory keeps delays up to ${maxDelayMs} ms (maxDelayMs), ${what} asks for ${delayMs}. Delay it in hops.`,
    )
  }

  /** @throws QueueError INVALID for more than the broker takes at once */
  checkBatch(length: number): void {
    const { maxBatch } = this.supports
    if (length > maxBatch)
      throw new QueueError(
        'INVALID',
        `memory takes ${maxBatch} at once (maxBatch), not ${length}. Split the batch.`,
      )
  }

  #tooLarge(message: Message): QueueError | undefined {
    const limit = this.supports.maxMessageBytes
    let bytes = message.body.length
    for (const name in message.headers)
      bytes += Buffer.byteLength(name) + Buffer.byteLength(message.headers[name]!)
    if (bytes <= limit) return undefined
    return new QueueError(
      'TOO_LARGE',
      `Message ${message.id} has ${bytes} bytes, memory takes ${limit}. Store the payload elsewhere and send a reference.`,
    )
  }

  #coarse(at: number): number {
    return this.#grainMs > 0 ? Math.ceil(at / this.#grainMs) * this.#grainMs : at
  }
}
