import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { eitherSignal, QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import type { SqsClient } from './sqs-client.ts'
import { HeldMessages } from './sqs-held.ts'
import { SqsPoller } from './sqs-poller.ts'
import { isMissing } from './sqs-queues.ts'
import type { SqsQueue, SqsQueues } from './sqs-queues.ts'
import { SqsReader } from './sqs-reader.ts'
import type { Read } from './sqs-reader.ts'
import { SqsSettler } from './sqs-settler.ts'
import { LONGEST_LEASE_MS, MAX_BATCH } from './sqs-supports.ts'

/** A dying consumer does not wait longer than this to give back what it holds; the leases end anyway. */
const GOODBYE_MS = 2000
/**
 * What came too late on a FIFO queue comes again after this: at once, it would go from one late poll of a stopping
 * fleet to the next and be counted each time. Longer than the wait of a worker's poll.
 */
const LATE_FIFO_S = 6

export interface SqsConsumerOptions extends ConsumeOptions {
  readonly client: SqsClient
  readonly queues: SqsQueues
  readonly queue: string
  readonly main: SqsQueue
  readonly onClose: (consumer: SqsConsumer) => void
}

export class SqsConsumer implements Consumer {
  readonly #options: SqsConsumerOptions
  readonly #held = new HeldMessages()
  readonly #reader: SqsReader
  readonly #settler: SqsSettler
  readonly #poller: SqsPoller
  readonly #stop = new AbortController()
  readonly #stopOf = eitherSignal(this.#stop.signal)
  readonly #returning = new Set<Promise<void>>()
  #receiving = false
  #closing: Promise<void> | undefined

  constructor(options: SqsConsumerOptions) {
    const { client, main } = options
    const leaseMs = Math.min(options.leaseMs, LONGEST_LEASE_MS)
    this.#options = options
    this.#reader = new SqsReader(client.settings.blobs, leaseMs)
    this.#settler = new SqsSettler({ ...options, held: this.#held })
    this.#poller = new SqsPoller({ client, url: main.url, leaseMs, onLate: (late) => this.#giveBack(late) })
  }

  /** Resolves when nothing of this consumer is on its way any more: after a close, a last long poll may be. */
  async quiet(): Promise<void> {
    await this.#poller.ended
    await Promise.allSettled(this.#returning)
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (!(max >= 1)) return []
    if (this.#receiving) {
      const queue = this.#options.queue
      throw new QueueError(
        'INVALID',
        `sqs: this consumer of queue "${queue}" is receiving already. Wait for it, or use another consumer.`,
      )
    }
    this.#receiving = true
    const stop = this.#stopOf(signal)
    try {
      return await this.#receive(Math.min(Math.floor(max), MAX_BATCH), waitMs, stop)
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#closing === undefined) throw error
      return []
    } finally {
      this.#receiving = false
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    return this.#settler.settle(settlements)
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    if (!(leaseMs > 0)) throw new QueueError('INVALID', `sqs: leaseMs must be above 0, not ${leaseMs}.`)
    return this.#settler.extend(receipts, Math.min(leaseMs, LONGEST_LEASE_MS))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(max: number, waitMs: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    const messages = await this.#take(max, waitMs, stop)
    if (stop.aborted) {
      this.#giveBack(messages)
      throw stop.reason
    }
    if (messages.length === 0) return []
    const read = await this.#reader.read(messages)
    if (stop.aborted) {
      this.#giveBack(messages)
      throw stop.reason
    }
    return this.#handOver(read)
  }

  async #take(max: number, waitMs: number, stop: AbortSignal): Promise<readonly SqsMessage[]> {
    try {
      return await this.#poller.take(max, waitMs, stop)
    } catch (error) {
      if (!isMissing(error)) throw error
      // Deleted under our hands: it is made anew, at the same address.
      this.#options.queues.forget(this.#options.queue)
      await this.#options.queues.main(this.#options.queue)
      return []
    }
  }

  #handOver(read: readonly Read[]): readonly Delivery[] {
    const deliveries: Delivery[] = []
    let unread: QueueError | undefined
    for (const { receipt, held, fate } of read) {
      if (fate instanceof QueueError) {
        unread = fate // its blob is out of reach for now: it comes again when its lease ends
        continue
      }
      this.#held.add(receipt, held)
      if (fate === 'unreadable') this.#bury(receipt, held.envelope.reason!)
      else deliveries.push({ message: held.envelope.message, receipt, deliveries: held.deliveries })
    }
    if (deliveries.length === 0 && unread !== undefined) throw unread
    return deliveries
  }

  /** What nobody can read is set aside with the reason, so that it neither blocks the queue nor is lost. */
  #bury(receipt: string, reason: string): void {
    this.#settler.settle([{ receipt, as: 'deadLetter', reason }]).catch(() => undefined) // its lease ends, and it comes again
  }

  #giveBack(messages: readonly SqsMessage[]): void {
    const work = Promise.all(messages.map((message) => this.#unreceive(message)))
      .then(() => undefined)
      .catch(() => undefined) // the leases end, and others get them
    this.#returning.add(work)
    void work.finally(() => this.#returning.delete(work))
  }

  async #unreceive(message: SqsMessage): Promise<void> {
    const { receipt, held, fate } = this.#reader.decode(message)
    if (this.#options.client.settings.fifo) return this.#settler.hide([{ receipt, index: 0 }], LATE_FIFO_S)
    if (fate !== 'readable') return this.#settler.hide([{ receipt, index: 0 }], 0)
    return this.#settler.unreceive(receipt, held)
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    const receipts = this.#held.takeAll().map((receipt, index) => ({ receipt, index }))
    await within(GOODBYE_MS, this.#settler.hide(receipts, 0))
    this.#options.onClose(this)
  }

  #check(): void {
    if (this.#closing !== undefined) {
      throw new QueueError('CLOSED', `sqs: this consumer of queue "${this.#options.queue}" was closed.`)
    }
  }
}

/** Resolves when `work` is done, however it ends, and after `limitMs` at the latest. */
async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const enough = new AbortController()
  const tooLong = sleep(systemRuntime, limitMs, enough.signal).catch(() => undefined)
  await Promise.race([work.catch(() => undefined), tooLong])
  enough.abort()
}
