import { eitherSignal, QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  ReceiveOptions,
  Settlement,
} from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { decodeElements } from './redis-element.ts'
import { HeldClaims } from './redis-held-claims.ts'
import type { QueueKeys } from './redis-keys.ts'
import type { Claim, Operation, TurnReply } from './redis-turn.ts'
import { claimPrefix, HORIZON_MS, receiptAt, turnKeys } from './redis-turn.ts'
import { Turns } from './redis-turns.ts'
import { isLost, RedisWaiter } from './redis-waiter.ts'

/** Most messages of one publish, settle or receive. */
export const BATCH = 1000
/** A dying consumer does not wait longer than this to give back what it holds; the leases end anyway. */
const GOODBYE_MS = 2000

export interface RedisConsumerOptions extends ConsumeOptions {
  readonly client: RedisClient
  readonly queue: string
  readonly keys: QueueKeys
  readonly onClose: (consumer: RedisConsumer) => void
}

export class RedisConsumer implements Consumer {
  readonly #queue: string
  readonly #leaseMs: number
  readonly #client: RedisClient
  readonly #turns: Turns
  readonly #waiter: RedisWaiter
  readonly #onClose: (consumer: RedisConsumer) => void
  /** Tells the leases of this consumer from those of all others, and of its former lives. */
  readonly #nonce: string = systemRuntime.id().replaceAll('-', '').slice(-12)
  /** Claims with deliveries that were not settled here: what `close` gives back. */
  readonly #held = new HeldClaims()
  readonly #stop = new AbortController()
  readonly #stopOf = eitherSignal(this.#stop.signal)
  #claims = 0
  #receiving = false
  /** What an aborted receive still has on the wire; the next one waits for it. */
  #wake: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: RedisConsumerOptions) {
    this.#client = options.client
    this.#queue = options.queue
    this.#leaseMs = options.leaseMs
    this.#onClose = options.onClose
    this.#turns = new Turns(options.client.main, turnKeys(options.keys))
    this.#waiter = new RedisWaiter(options.client, options.keys, this.#nonce)
  }

  async receive(max: number, { waitMs = 0, signal }: ReceiveOptions = {}): Promise<readonly Delivery[]> {
    this.#check()
    signal?.throwIfAborted()
    if (!(max >= 1)) return []
    if (this.#receiving) {
      throw new QueueError(
        'INVALID',
        `redis: this consumer of queue "${this.#queue}" is receiving already. Wait for it, or use another consumer.`,
      )
    }
    this.#receiving = true
    const stop = this.#stopOf(signal)
    const work = this.#receive(Math.min(Math.floor(max), BATCH), systemRuntime.monotonic() + waitMs, stop)
    this.#wake = work.catch(() => undefined)
    return this.#outcome(work, stop, signal)
  }

  async #outcome(
    work: Promise<readonly Delivery[]>,
    stop: AbortSignal,
    signal: AbortSignal | undefined,
  ): Promise<readonly Delivery[]> {
    try {
      return await this.#untilAborted(work, stop)
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
    const failures: Failure[] = []
    const { operations, indexes } = this.#checked(settlements, failures)
    const stale = await this.#turns.settle(operations)
    this.#held.settled(operations, stale, this.#nonce)
    for (const position of stale) {
      const index = indexes === undefined ? position : indexes[position]!
      failures.push({ index, error: this.#leaseLost(settlements[index]!.receipt) })
    }
    return failures.toSorted((a, b) => a.index - b.index)
  }

  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    this.#check()
    if (!(leaseMs > 0)) throw new QueueError('INVALID', `redis: leaseMs must be above 0, not ${leaseMs}.`)
    const stale = await this.#turns.settle(receipts.map((receipt) => ({ receipt, as: 'extend', leaseMs })))
    this.#held.extended(receipts, leaseMs, this.#nonce)
    return stale
      .toSorted((a, b) => a - b)
      .map((index) => ({ index, error: this.#leaseLost(receipts[index]!) }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(max: number, deadline: number, stop: AbortSignal): Promise<readonly Delivery[]> {
    await this.#wake
    let reply = await this.#claim(max, stop)
    for (;;) {
      const deliveries = await this.#take(reply, stop)
      if (deliveries.length > 0) return deliveries
      const leftMs = deadline - systemRuntime.monotonic()
      stop.throwIfAborted()
      if (leftMs <= 0) return []
      const dueMs = reply.nextMs < 0 ? HORIZON_MS : reply.nextMs
      reply = await this.#wait(Math.min(leftMs, dueMs, HORIZON_MS), max, stop)
    }
  }

  /** Resolves or rejects as `work` does, or rejects at the abort; what `work` brings afterwards goes back. */
  #untilAborted(work: Promise<readonly Delivery[]>, stop: AbortSignal): Promise<readonly Delivery[]> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiter.nudge()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason of the abort, untouched
        reject(stop.reason)
      }
      if (stop.aborted) return abort()
      stop.addEventListener('abort', abort, { once: true })
      void work.then(resolve, reject).finally(() => stop.removeEventListener('abort', abort))
    })
  }

  async #claim(max: number, stop: AbortSignal): Promise<TurnReply & Claim> {
    if (!this.#client.main.ready) await this.#client.main.open(stop)
    const claim = this.#nextClaim(max)
    return { ...claim, ...(await this.#turns.claim(claim)) }
  }

  async #wait(waitMs: number, max: number, stop: AbortSignal): Promise<TurnReply & Claim> {
    const claim = this.#nextClaim(max)
    try {
      return { ...claim, ...(await this.#waiter.wait(waitMs, claim, stop)) }
    } catch (error) {
      if (isLost(error)) this.#turns.noteLost(claim)
      throw error
    }
  }

  #nextClaim(max: number): Claim {
    this.#claims += 1
    return { max, leaseMs: this.#leaseMs, prefix: claimPrefix(this.#nonce, this.#claims) }
  }

  /** Claimed elements become deliveries; after an abort they go back to the front instead. */
  async #take(reply: TurnReply & Claim, stop: AbortSignal): Promise<readonly Delivery[]> {
    const { count, packed, prefix } = reply
    if (stop.aborted) {
      await this.#turns.giveBack(count === 0 ? [] : [{ ...reply, max: count }])
      throw stop.reason
    }
    if (count === 0) return []
    const deliveries: Delivery[] = []
    const elements = decodeElements(packed, count)
    for (let index = 0; index < count; index += 1) {
      const receipt = receiptAt(prefix, index)
      const element = elements[index]!
      if (element instanceof QueueError) this.#bury(receipt, element)
      else deliveries.push({ message: element.message, receipt, deliveries: element.deliveries + 1 })
    }
    this.#held.add(this.#claims, { ...reply, max: count }, deliveries.length)
    return deliveries
  }

  /** What nobody can read is set aside with the reason, so that it neither blocks the queue nor is lost. */
  #bury(receipt: string, error: QueueError): void {
    const settlement = { receipt, as: 'deadLetter', reason: error.message } as const
    this.#turns.settle([settlement]).catch(() => undefined) // its lease ends, and it comes again
  }

  #checked(
    settlements: readonly Settlement[],
    failures: Failure[],
  ): { operations: readonly Operation[]; indexes: readonly number[] | undefined } {
    if (!settlements.some(isImpossible)) return { operations: settlements, indexes: undefined }
    const operations: Operation[] = []
    const indexes: number[] = []
    for (const [index, settlement] of settlements.entries()) {
      if (isImpossible(settlement)) {
        const text =
          'redis: delayMs of a retry must be a finite number of at least 0. The delivery stays held.'
        failures.push({ index, error: new QueueError('INVALID', text) })
        continue
      }
      operations.push(settlement)
      indexes.push(index)
    }
    return { operations, indexes }
  }

  #leaseLost(receipt: string): QueueError {
    return new QueueError(
      'LEASE_LOST',
      `redis: the lease ${receipt} on queue "${this.#queue}" has ended or was settled; nothing was changed. ` +
        'Extend leases in time, or ask for longer ones.',
    )
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    const farewell = async (): Promise<void> => {
      await this.#wake
      await this.#turns.giveBack(this.#held.takeAll())
    }
    await within(GOODBYE_MS, farewell())
    this.#waiter.close()
    this.#onClose(this)
  }

  #check(): void {
    if (this.#closing !== undefined) {
      throw new QueueError('CLOSED', `redis: this consumer of queue "${this.#queue}" was closed.`)
    }
  }
}

function isImpossible(settlement: Settlement): boolean {
  return settlement.as === 'retry' && !(settlement.delayMs >= 0 && Number.isFinite(settlement.delayMs))
}

/** Resolves when `work` is done, however it ends, and after `limitMs` at the latest. */
async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const enough = new AbortController()
  const tooLong = sleep(systemRuntime, limitMs, enough.signal).catch(() => undefined)
  await Promise.race([work.catch(() => undefined), tooLong])
  enough.abort()
}
