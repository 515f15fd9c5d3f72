import { QueueError } from '../contract/index.ts'
import type { Consumer, Delivery, Failure, ReceiveOptions, Runtime, Settlement } from '../contract/index.ts'
import type { Lease, MemoryQueue } from './memory-queue.ts'
import type { MemoryTerms } from './memory-terms.ts'

export interface MemoryConsumerOptions {
  readonly runtime: Runtime
  readonly queue: MemoryQueue
  readonly terms: MemoryTerms
  readonly leaseMs: number
  readonly onClose: () => void
}

/** How a waiting `receive` ends other than by an abort or its time. */
interface Waiting {
  end(error?: QueueError): void
}

export class MemoryConsumer implements Consumer {
  readonly #runtime: Runtime
  readonly #queue: MemoryQueue
  readonly #terms: MemoryTerms
  readonly #leaseMs: number
  readonly #onClose: () => void
  readonly #held = new Set<Lease>()
  #waiting: Waiting | undefined
  #closed = false

  constructor(options: MemoryConsumerOptions) {
    this.#runtime = options.runtime
    this.#queue = options.queue
    this.#terms = options.terms
    this.#leaseMs = options.leaseMs
    this.#onClose = options.onClose
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (this.#waiting !== undefined)
      throw new QueueError('INVALID', 'This consumer is receiving already; one receive at a time.')
    const count = Math.min(max, this.#terms.supports.maxBatch)
    const deliveries = this.#take(count)
    if (deliveries.length > 0 || !(waitMs > 0) || !(count >= 1)) return deliveries
    return this.#wait(count, waitMs, signal)
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    this.#terms.checkBatch(settlements.length)
    return this.#each(settlements, (lease, settlement) => this.#settle(lease, settlement))
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    if (!(leaseMs > 0)) throw new QueueError('INVALID', `memory: leaseMs must be above 0, not ${leaseMs}.`)
    const named = receipts.map((receipt) => ({ receipt }))
    return this.#each(named, (lease) =>
      this.#queue.prolong(lease, this.#terms.leaseEnd(leaseMs, lease.startedAt)),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#waiting?.end()
    this.#releaseAll()
    this.#onClose()
  }

  cut(): void {
    if (!this.#terms.supports.lease.renewable) this.#releaseAll()
    this.#waiting?.end(new QueueError('CONNECTION_LOST', 'The connection to this memory store was cut.'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #take(max: number): readonly Delivery[] {
    return this.#queue.lease(max, this.#terms.leaseEnd(this.#leaseMs), this.#held).map(toDelivery)
  }

  #wait(max: number, waitMs: number, signal: AbortSignal | undefined): Promise<readonly Delivery[]> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        stopWaiting()
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiting = undefined
        settle()
      }
      const onAbort = (): void => finish(() => reject(signal?.reason))
      const timer = this.#runtime.setTimer(() => finish(() => resolve([])), waitMs)
      const stopWaiting = this.#queue.wait(() => finish(() => resolve(this.#take(max))))
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting = { end: (error) => finish(() => (error === undefined ? resolve([]) : reject(error))) }
    })
  }

  #each<T extends { readonly receipt: string }>(
    items: readonly T[],
    act: (lease: Lease, item: T) => QueueError | undefined | void,
  ): readonly Failure[] {
    const failures: Failure[] = []
    for (const [index, item] of items.entries()) {
      const lease = this.#find(item.receipt)
      const error = lease === undefined ? this.#lost(item.receipt) : act(lease, item)
      if (error !== undefined) failures.push({ index, error })
    }
    this.#queue.serve()
    return failures
  }

  #find(receipt: string): Lease | undefined {
    const lease = this.#queue.find(receipt)
    return this.#terms.supports.lease.shared || lease?.holder === this.#held ? lease : undefined
  }

  #lost(receipt: string): QueueError | undefined {
    if (!this.#terms.supports.lease.fenced) return undefined
    return new QueueError(
      'LEASE_LOST',
      `memory: the lease ${receipt} has ended or was settled; nothing was changed. Extend leases in time, or ask for longer ones.`,
    )
  }

  #settle(lease: Lease, settlement: Settlement): QueueError | undefined {
    switch (settlement.as) {
      case 'ack':
        this.#queue.end(lease)
        return undefined
      case 'release':
        this.#queue.release(lease, this.#terms.supports.release === 'counted')
        return undefined
      case 'retry':
        return this.#retry(lease, settlement)
      case 'deadLetter':
        this.#queue.bury(
          lease,
          settlement.reason,
          Object.freeze({ ...(settlement.headers ?? lease.stored.message.headers) }),
        )
        return undefined
    }
  }

  #retry(lease: Lease, { delayMs, headers }: Settlement & { readonly as: 'retry' }): QueueError | undefined {
    const { message } = lease.stored
    const error = this.#terms.refusal({ ...message, headers, delayMs })
    if (error === undefined) this.#queue.retry(lease, Object.freeze({ ...headers }), this.#terms.due(delayMs))
    return error
  }

  #releaseAll(): void {
    for (const lease of this.#held) this.#queue.release(lease, this.#terms.supports.release === 'counted')
    this.#queue.serve()
  }

  #check(): void {
    if (this.#closed) throw new QueueError('CLOSED', 'This memory consumer was closed.')
  }
}

/** The reader may do with the bytes what it likes; a retry forwards the original ones. */
function toDelivery({ stored, receipt }: Lease): Delivery {
  return {
    message: { ...stored.message, body: new Uint8Array(stored.message.body) },
    receipt,
    deliveries: stored.deliveries,
  }
}
