import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { ack, bury, claim, extend, nextDue, release, retry } from './sqlite-messages.ts'
import type { Gate } from './sqlite-gate.ts'
import { parseReceipt } from './sqlite-receipt.ts'
import type { Claimed } from './sqlite-messages.ts'

/** Most rows of one settle, extend or receive that share a transaction. */
export const BATCH = 1000

export interface SqliteConsumerOptions extends ConsumeOptions {
  readonly client: SqliteClient
  readonly queue: string
  readonly onClose: (consumer: SqliteConsumer) => void
}

interface Named {
  readonly receipt: string
}

type Act<T> = (item: T, claimed: Claimed) => boolean

export class SqliteConsumer implements Consumer {
  readonly #client: SqliteClient
  readonly #queue: string
  readonly #topic: string
  readonly #leaseMs: number
  readonly #onClose: (consumer: SqliteConsumer) => void
  /** Receipts handed out and not settled here, with the end of their lease: what `close` gives back. */
  readonly #unsettled = new Map<string, number>()
  #gate: Gate | undefined
  #receiving: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: SqliteConsumerOptions) {
    this.#client = options.client
    this.#queue = options.queue
    this.#topic = queueTopic(options.queue)
    this.#leaseMs = options.leaseMs
    this.#onClose = options.onClose
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (!(max >= 1)) return []
    if (this.#gate !== undefined) {
      throw new QueueError(
        'INVALID',
        `sqlite: this consumer of queue "${this.#queue}" is receiving already. Wait for it, or use another consumer.`,
      )
    }
    const receiving = this.#receive(
      Math.min(Math.floor(max), BATCH),
      systemRuntime.monotonic() + waitMs,
      signal,
    )
    this.#receiving = receiving.catch(() => undefined)
    return receiving
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    this.#check()
    const failures = await this.#each(settlements, (settlement, claimed) => this.#settle(settlement, claimed))
    for (const { receipt } of settlements) this.#unsettled.delete(receipt)
    if (settlements.some(({ as }) => as === 'release' || as === 'retry')) this.#client.notify([this.#topic])
    return failures
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    if (!(leaseMs > 0)) throw new QueueError('INVALID', `sqlite: leaseMs must be above 0, not ${leaseMs}.`)
    const leases = receipts.map((receipt) => ({ receipt }))
    const failures = await this.#each(leases, (_, claimed) => extend(this.#client, claimed, leaseMs))
    const until = this.#client.after(leaseMs)
    for (const receipt of receipts) if (this.#unsettled.has(receipt)) this.#unsettled.set(receipt, until)
    return failures
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(
    max: number,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Delivery[]> {
    const gate = this.#client.gate([this.#topic])
    this.#gate = gate
    try {
      for (;;) {
        const dueAt = await this.#client.read(() => nextDue(this.#client, this.#queue), signal)
        const dueMs = dueAt - this.#client.now()
        if (dueMs <= 0) {
          const deliveries = await this.#claim(max, signal)
          if (deliveries.length > 0) return deliveries
        }
        const leftMs = deadlineMs - systemRuntime.monotonic()
        if (leftMs <= 0 || this.#closing !== undefined) return []
        await gate.wait(Math.max(1, Math.min(leftMs, dueMs)), signal)
        if (this.#closing !== undefined) return []
      }
    } finally {
      gate.close()
      this.#gate = undefined
    }
  }

  /** What was claimed for a reader that has left meanwhile goes back to the front. */
  async #claim(max: number, signal: AbortSignal | undefined): Promise<readonly Delivery[]> {
    const deliveries = await this.#client.write(
      () => claim(this.#client, this.#queue, max, this.#leaseMs),
      max,
      signal,
    )
    const receipts = deliveries.map(({ receipt }) => receipt)
    if (signal?.aborted) {
      await this.#giveBack(receipts)
      throw signal.reason
    }
    if (this.#closing !== undefined) {
      await this.#giveBack(receipts)
      return []
    }
    const until = this.#client.after(this.#leaseMs)
    for (const receipt of receipts) this.#unsettled.set(receipt, until)
    if (this.#unsettled.size > 10 * BATCH) this.#forgetExpired()
    return deliveries
  }

  #settle(settlement: Settlement, claimed: Claimed): boolean {
    switch (settlement.as) {
      case 'ack':
        return ack(this.#client, claimed)
      case 'release':
        return release(this.#client, claimed)
      case 'retry':
        return retry(this.#client, claimed, settlement)
      case 'deadLetter':
        return bury(this.#client, claimed, settlement)
    }
  }

  /** Applies `act` to each item in transactions of at most BATCH rows; the lost ones are the failures. */
  async #each<T extends Named>(items: readonly T[], act: Act<T>): Promise<readonly Failure[]> {
    const lost: Failure[] = []
    for (let start = 0; start < items.length; start += BATCH) {
      const chunk = items.length <= BATCH ? items : items.slice(start, start + BATCH)
      const indexes = await this.#client.write(() => this.#losers(chunk, act), chunk.length / 2)
      for (const index of indexes)
        lost.push({ index: start + index, error: this.#leaseLost(chunk[index]!.receipt) })
    }
    return lost
  }

  #losers<T extends Named>(items: readonly T[], act: Act<T>): number[] {
    const queue = this.#client.findQueue(this.#queue)
    const now = this.#client.now()
    const losers: number[] = []
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index]!
      const receipt = parseReceipt(item.receipt)
      if (queue === undefined || receipt === undefined || !act(item, { ...receipt, queue, now }))
        losers.push(index)
    }
    return losers
  }

  #leaseLost(receipt: string): QueueError {
    return new QueueError(
      'LEASE_LOST',
      `sqlite: the lease ${receipt} on queue "${this.#queue}" has ended or was settled; nothing was changed. ` +
        'Extend leases in time, or ask for longer ones.',
    )
  }

  async #close(): Promise<void> {
    this.#gate?.close()
    await this.#receiving
    await this.#giveBack([...this.#unsettled.keys()]).catch(() => undefined) // the leases end by themselves
    this.#unsettled.clear()
    this.#onClose(this)
  }

  async #giveBack(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0) return
    const items = receipts.map((receipt) => ({ receipt }))
    await this.#each(items, (_, claimed) => release(this.#client, claimed))
    this.#client.notify([this.#topic])
  }

  /** Only of use when others settle what this consumer received; those entries would stay for good. */
  #forgetExpired(): void {
    const now = this.#client.now()
    for (const [receipt, until] of this.#unsettled) if (until < now) this.#unsettled.delete(receipt)
  }

  #check(): void {
    if (this.#closing !== undefined)
      throw new QueueError('CLOSED', `sqlite: this consumer of queue "${this.#queue}" was closed.`)
  }
}

export function queueTopic(queue: string): string {
  return `queue:${queue}`
}
