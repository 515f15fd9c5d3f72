import { QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Consumer, Delivery, Failure, ReceiveOptions, Settlement } from '@bananasjs/core/contract'
import type { SpoolClient } from './spool-client.ts'
import { leaseLost } from './spool-errors.ts'
import type { Ticket } from './spool-file.ts'
import type { Leased, SpoolQueue } from './spool-queue.ts'
import { refusal, SUPPORTS } from './spool-supports.ts'

export interface SpoolConsumerOptions {
  readonly client: SpoolClient
  readonly queue: string
  readonly files: SpoolQueue
  readonly leaseMs: number
  readonly onClose: (consumer: SpoolConsumer) => void
}

export class SpoolConsumer implements Consumer {
  readonly #options: SpoolConsumerOptions
  /** Receipts that were handed out here and not settled here. */
  readonly #held = new Set<string>()
  readonly #stop = new AbortController()
  #receiving: Promise<readonly Delivery[]> | undefined
  #closing: Promise<void> | undefined

  constructor(options: SpoolConsumerOptions) {
    this.#options = options
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (this.#receiving !== undefined) {
      throw new QueueError('INVALID', 'spool: this consumer is receiving already; one receive at a time.')
    }
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    this.#receiving = this.#take(Math.min(max, SUPPORTS.maxBatch), waitMs, stop)
    try {
      return await this.#receiving
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#stop.signal.aborted) return [] // closed meanwhile
      throw error
    } finally {
      this.#receiving = undefined
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    return this.#each(settlements, (lease, settlement) => this.#settle(lease, settlement))
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    if (!(leaseMs > 0)) throw new QueueError('INVALID', `spool: leaseMs must be above 0, not ${leaseMs}.`)
    const named = receipts.map((receipt) => ({ receipt }))
    return this.#each(
      named,
      async (lease) => (await this.#options.files.extend(lease, leaseMs)) !== undefined,
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** An abort strands nothing: what was taken by then goes back. */
  async #take(max: number, waitMs: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    const { client, files, leaseMs } = this.#options
    const deadline = systemRuntime.monotonic() + waitMs
    for (;;) {
      const taken = max >= 1 ? await client.call(() => files.lease(max, leaseMs)) : []
      if (stop.aborted) {
        await this.#giveBack(taken.map(({ receipt }) => receipt))
        throw stop.reason
      }
      if (taken.length > 0) return this.#handOver(taken)
      const leftMs = deadline - systemRuntime.monotonic()
      if (leftMs <= 0) return []
      await sleep(systemRuntime, Math.min(client.settings.pollMs, leftMs), stop)
    }
  }

  #handOver(taken: readonly Leased[]): readonly Delivery[] {
    for (const { receipt } of taken) this.#held.add(receipt)
    return taken
  }

  /** One by one: what is lost is told, and its neighbours go on. */
  async #each<T extends { readonly receipt: string }>(
    items: readonly T[],
    act: (lease: Ticket, item: T) => Promise<boolean | QueueError>,
  ): Promise<readonly Failure[]> {
    const { client, files, queue } = this.#options
    return client.call(async () => {
      const leases = await files.leases()
      const failures: Failure[] = []
      for (const [index, item] of items.entries()) {
        const lease = leases.get(item.receipt)
        const done = lease === undefined ? false : await act(lease, item)
        if (done instanceof QueueError) failures.push({ index, error: done })
        else if (!done) failures.push({ index, error: leaseLost(item.receipt, queue) })
      }
      return failures
    })
  }

  async #settle(lease: Ticket, settlement: Settlement): Promise<boolean | QueueError> {
    const { files } = this.#options
    const { as, receipt } = settlement
    const done =
      as === 'ack'
        ? await files.remove(lease)
        : as === 'release'
          ? await files.release(lease)
          : await this.#replace(lease, settlement)
    if (done === true) this.#held.delete(receipt)
    return done
  }

  /** The lease is renewed first: whoever can do that is its owner, and has time to write what follows. */
  async #replace(
    lease: Ticket,
    settlement: Settlement & { readonly as: 'retry' | 'deadLetter' },
  ): Promise<boolean | QueueError> {
    const { files, leaseMs } = this.#options
    const own = await files.extend(lease, leaseMs)
    if (own === undefined) return false
    const message = await files.read(own)
    if (settlement.as === 'deadLetter') {
      return files.bury(
        own,
        { ...message, headers: settlement.headers ?? message.headers },
        settlement.reason,
      )
    }
    const next = { ...message, headers: settlement.headers, delayMs: settlement.delayMs }
    return refusal(next) ?? files.replace(own, next)
  }

  async #giveBack(receipts: readonly string[]): Promise<void> {
    const { client, files } = this.#options
    await client.call(async () => {
      const leases = await files.leases()
      for (const receipt of receipts) {
        const lease = leases.get(receipt)
        if (lease !== undefined) await files.release(lease)
      }
    })
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    await this.#receiving?.catch(() => undefined)
    await this.#giveBack([...this.#held])
    this.#options.onClose(this)
  }

  #check(): void {
    if (this.#closing !== undefined) {
      throw new QueueError('CLOSED', `spool: this consumer of queue "${this.#options.queue}" was closed.`)
    }
  }
}
