import type {
  BrokerSupports,
  Consumer,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import { failed, partialFailures, sendRest, underFaults } from './call-faults.ts'
import type { ChaosController } from './chaos-controller.ts'
import type { Subject } from './matches.ts'
import { hurtDeliveries } from './message-faults.ts'
import { subjectOfMessage } from './subjects.ts'

export interface ConsumerPlace {
  readonly queue: string
  readonly supports: () => BrokerSupports
}

/** How long one message waits for another to change places with. */
const COMPANY_MS = 100
const SETTLE = 'consumer.settle'
const EXTEND = 'consumer.extend'
/** More than any worker holds at once; older ones are forgotten, and then no fault hits them by task. */
const MOST_REMEMBERED = 20_000

/** A consumer under faults. Remembers which task a receipt stands for, so that a fault can pick its victims by task. */
export class ChaoticConsumer implements Consumer {
  readonly #inner: Consumer
  readonly #chaos: ChaosController
  readonly #place: ConsumerPlace
  readonly #held = new Map<string, Subject>()

  constructor(inner: Consumer, chaos: ChaosController, place: ConsumerPlace) {
    this.#inner = inner
    this.#chaos = chaos
    this.#place = place
  }

  receive(max: number, options?: ReceiveOptions): Promise<readonly Delivery[]> {
    if (this.#chaos.idle) return this.#inner.receive(max, options)
    const { queue } = this.#place
    return underFaults(
      this.#chaos,
      { method: 'consumer.receive', queue, signal: options?.signal },
      async () => {
        const { maxMessageBytes, maxDelayMs } = this.#place.supports()
        const deliveries = await this.#gather(max, options)
        this.#remember(deliveries)
        return hurtDeliveries(this.#chaos, deliveries, {
          place: 'receive',
          queue,
          maxMessageBytes,
          maxDelayMs,
        })
      },
      (deliveries) => this.#comeBack(deliveries.map(({ receipt }) => receipt)),
    )
  }

  /** A message that comes alone has nothing to change places with: it is held back until another one comes. */
  async #gather(max: number, options: ReceiveOptions | undefined): Promise<readonly Delivery[]> {
    const deliveries = await this.#inner.receive(max, options)
    if (deliveries.length !== 1 || max < 2 || !this.#chaos.has('message.reorder')) return deliveries
    // What came must not be forgotten because nothing else could be had.
    const more = await this.#inner.receive(max - 1, { ...options, waitMs: COMPANY_MS }).catch(() => [])
    return [...deliveries, ...more]
  }

  settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    if (this.#chaos.idle) return this.#inner.settle(settlements)
    return underFaults(this.#chaos, { method: SETTLE, queue: this.#place.queue }, () =>
      this.#settle(settlements),
    )
  }

  extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    if (this.#chaos.idle) return this.#inner.extend(receipts, leaseMs)
    return underFaults(this.#chaos, { method: EXTEND, queue: this.#place.queue }, async () => {
      const failures = await this.#failures(receipts, EXTEND)
      return sendRest(receipts, failures, (rest) => this.#inner.extend(rest, leaseMs))
    })
  }

  close(): Promise<void> {
    this.#held.clear()
    return underFaults(this.#chaos, { method: 'consumer.close', queue: this.#place.queue }, () =>
      this.#inner.close(),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    const receipts = settlements.map(({ receipt }) => receipt)
    const failures = await this.#failures(receipts, SETTLE)
    const answer = await sendRest(settlements, failures, async (rest) => {
      const kept = rest.map((one) => one.as === 'ack' && this.#dropped(one.receipt))
      const positions = rest.flatMap((_, index) => (kept[index] === true ? [] : [index]))
      const further = await this.#inner.settle(positions.map((index) => rest[index]!))
      await this.#comeBack(rest.filter((_, index) => kept[index]).map(({ receipt }) => receipt))
      return further.map(({ index, error }) => ({ index: positions[index]!, error }))
    })
    for (const receipt of receipts) this.#held.delete(receipt)
    return answer
  }

  /**
   * Most leases end by themselves. One that is as long as its connection would last for ever here: what gets lost is lost with the
   * connection there, and then handed out again.
   */
  async #comeBack(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0 || this.#place.supports().lease.renewable) return
    await this.#inner.settle(receipts.map((receipt) => ({ receipt, as: 'release' })))
  }

  #dropped(receipt: string): boolean {
    return this.#chaos.bite('message.drop-ack', this.#subject(receipt, SETTLE)) !== undefined
  }

  async #failures(receipts: readonly string[], method: string): Promise<readonly Failure[]> {
    const subjects = receipts.map((receipt) => this.#subject(receipt, method))
    const partial = partialFailures(this.#chaos, subjects)
    const lost = await this.#loseLeases(receipts, subjects)
    const out = new Set(lost.map(({ index }) => index))
    return [...lost, ...partial.filter(({ index }) => !out.has(index))]
  }

  /** Really given up: the broker hands the message to the next, and whoever had it is told. */
  async #loseLeases(receipts: readonly string[], subjects: readonly Subject[]): Promise<readonly Failure[]> {
    if (!this.#chaos.has('call.lose-lease')) return []
    const lost = receipts.flatMap((receipt, index) =>
      this.#chaos.bite('call.lose-lease', subjects[index]!) === undefined ? [] : [{ receipt, index }],
    )
    if (lost.length === 0) return []
    await this.#inner.settle(lost.map(({ receipt }) => ({ receipt, as: 'release' as const })))
    return lost.map(({ index }) => ({
      index,
      error: failed(
        { method: subjects[index]!.method! },
        'LEASE_LOST',
        'came too late: the lease is someone else’s',
      ),
    }))
  }

  #remember(deliveries: readonly Delivery[]): void {
    // Drawn anew at each hand-over: else who lost an acknowledgement once would lose all, and die of it as poison.
    for (const { receipt, message, deliveries: delivery } of deliveries)
      this.#held.set(receipt, { ...subjectOfMessage(message, this.#place.queue, SETTLE), delivery })
    for (const receipt of this.#held.keys()) {
      if (this.#held.size <= MOST_REMEMBERED) break
      this.#held.delete(receipt)
    }
  }

  #subject(receipt: string, method: string): Subject {
    return { ...(this.#held.get(receipt) ?? { queue: this.#place.queue }), method }
  }
}
