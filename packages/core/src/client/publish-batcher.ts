import type { Broker } from '../contract/broker.ts'
import type { Failure } from '../contract/failure.ts'
import type { Message } from '../contract/message.ts'

interface Waiting {
  readonly message: Message
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Publishes on the way at once, per queue, unless the broker says otherwise: more would only split the batches that make it fast. */
const IN_FLIGHT = 2
/**
 * Callers that wait in greater number than this share the publishes that may leave. All in one would be answered at once,
 * and come again at once: client and broker would take turns at being idle.
 */
const WORTH_SPLITTING = 16

/**
 * Gathers the single enqueues of one turn of the event loop into one `publish` per queue (group commit): the first
 * call of an idle queue leaves at the end of its microtasks, the ones behind it travel together with the next.
 */
export class PublishBatcher {
  readonly #broker: Broker
  readonly #lines = new Map<string, Line>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Read each time: a broker may narrow what it supports when it opens. */
  get #atOnce(): number {
    return this.#broker.supports.publishesAtOnce ?? IN_FLIGHT
  }

  /** Resolves once the broker has the message. @throws QueueError what the broker said of this message or of the call */
  add(queue: string, message: Message): Promise<void> {
    let line = this.#lines.get(queue)
    if (line === undefined) {
      line = { queue, waiting: [], inFlight: 0, scheduled: false }
      this.#lines.set(queue, line)
    }
    const { waiting } = line
    const sent = new Promise<void>((resolve, reject) => waiting.push({ message, resolve, reject }))
    this.#schedule(line)
    return sent
  }

  #schedule(line: Line): void {
    if (line.scheduled || line.inFlight >= this.#atOnce) return
    line.scheduled = true
    // Two hops, so that callers resumed by one reply are all in before the next batch leaves.
    queueMicrotask(() => queueMicrotask(() => void this.#flush(line)))
  }

  async #flush(line: Line): Promise<void> {
    line.scheduled = false
    const { waiting, inFlight } = line
    const share = Math.max(WORTH_SPLITTING, Math.ceil(waiting.length / (this.#atOnce - inFlight)))
    const batch = waiting.splice(0, Math.min(share, this.#broker.supports.maxBatch))
    if (batch.length === 0) return void (line.inFlight === 0 && this.#lines.delete(line.queue))
    line.inFlight += 1
    if (line.waiting.length > 0) this.#schedule(line)
    try {
      settleAll(
        batch,
        await this.#broker.publish(
          line.queue,
          batch.map((entry) => entry.message),
        ),
      )
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    } finally {
      line.inFlight -= 1
      if (line.waiting.length > 0 || line.inFlight === 0) this.#schedule(line)
    }
  }
}

interface Line {
  readonly queue: string
  readonly waiting: Waiting[]
  inFlight: number
  scheduled: boolean
}

function settleAll(batch: readonly Waiting[], failures: readonly Failure[]): void {
  if (failures.length === 0) {
    for (const entry of batch) entry.resolve()
    return
  }
  const errors = new Map(failures.map((failure) => [failure.index, failure.error]))
  for (const [index, entry] of batch.entries()) {
    const error = errors.get(index)
    if (error === undefined) entry.resolve()
    else entry.reject(error)
  }
}

/** Publishes a prepared batch, split by what the broker takes at once; failures keep the positions of `messages`. */
export async function publishAll(
  broker: Broker,
  queue: string,
  messages: readonly Message[],
  signal?: AbortSignal,
): Promise<readonly Failure[]> {
  const { maxBatch } = broker.supports
  if (messages.length <= maxBatch) return broker.publish(queue, messages, { signal })
  const failures: Failure[] = []
  for (let at = 0; at < messages.length; at += maxBatch) {
    const part = await broker.publish(queue, messages.slice(at, at + maxBatch), { signal })
    for (const failure of part) failures.push({ index: failure.index + at, error: failure.error })
  }
  return failures
}
