import assert from 'node:assert/strict'
import { QueueError, sleep } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  Channel,
  Consumer,
  ConsumeOptions,
  Delivery,
  Failure,
  Message,
  ResultBackend,
  Runtime,
  Settlement,
  Transport,
} from '@bananasjs/core/contract'
import { inBatches } from './batches.ts'
import { Inconclusive, noFailures, same } from './checks.ts'
import { Ear } from './ear.ts'

export interface WorkbenchOptions {
  /** Open, shared by all clauses of the run. */
  readonly transport: Transport
  readonly create: () => Transport | Promise<Transport>
  readonly crash?: ((transport: Transport) => void | Promise<void>) | undefined
  readonly runtime: Runtime
  /** Unique to this clause in this run: what its names begin with. */
  readonly prefix: string
  readonly graceMs?: number | undefined
  /** How many times longer than usual a lease or a ttl is that is to be seen to end. */
  readonly patience: number
}

/** What one clause works with. Everything it opens is closed after it. */
export class Workbench {
  readonly transport: Transport
  readonly runtime: Runtime
  readonly #options: WorkbenchOptions
  readonly #closing: (() => Promise<void>)[] = []
  #count = 0

  constructor(options: WorkbenchOptions) {
    this.#options = options
    this.transport = options.transport
    this.runtime = options.runtime
  }

  get broker(): Broker {
    return this.transport.broker
  }

  get supports(): BrokerSupports {
    return this.broker.supports
  }

  get results(): ResultBackend {
    assert.ok(this.transport.results, 'the transport has results')
    return this.transport.results
  }

  get channel(): Channel {
    assert.ok(this.transport.channel, 'the transport has a channel')
    return this.transport.channel
  }

  /** A lease, or a delay, short enough to see the end of. */
  get shortMs(): number {
    const usual = Math.max(400, 4 * this.supports.clockMs)
    return Math.max(usual, Math.min(this.#options.patience * usual, this.supports.lease.maxMs / 2))
  }

  /** A lease that outlives the clause. */
  get longMs(): number {
    return Math.min(120_000, this.supports.lease.maxMs)
  }

  /** How long to look before saying that nothing comes. */
  get quietMs(): number {
    return Math.max(100, 3 * this.supports.clockMs)
  }

  /** How long to wait for what must come. Only a failure takes this long. */
  get graceMs(): number {
    return (this.#options.graceMs ?? 30_000) + 20 * this.supports.clockMs
  }

  /** A time to live short enough to see the end of. */
  get shortTtlMs(): number {
    return this.#options.patience * Math.max(400, 4 * this.results.supports.clockMs)
  }

  now(): number {
    return this.runtime.monotonic()
  }

  async sleep(ms: number): Promise<void> {
    await sleep(this.runtime, ms)
  }

  /** For what only tells something while a lease or a ttl still runs. */
  inTime(startedAt: number, withinMs: number): void {
    const tookMs = this.now() - startedAt
    if (tookMs >= withinMs)
      throw new Inconclusive(`this took ${Math.round(tookMs)} ms, it had to be done within ${withinMs}`)
  }

  /** The same for a lease, which ends only where leases end by time. */
  inLease(startedAt: number, leaseMs: number): void {
    if (this.supports.lease.renewable) this.inTime(startedAt, leaseMs)
  }

  /** Asks again, ever more slowly, until the answer is yes. */
  async until(
    what: string,
    probe: () => boolean | Promise<boolean>,
    withinMs: number = this.graceMs,
  ): Promise<void> {
    const deadline = this.now() + withinMs
    for (let waitMs = 5; !(await probe()); waitMs = Math.min(waitMs * 1.5, 200)) {
      assert.ok(this.now() < deadline, `${what}: not within ${withinMs} ms`)
      await this.sleep(waitMs)
    }
  }

  /** `work`, or a failure saying that it hangs. */
  async within<T>(what: string, work: Promise<T>, ms: number = this.graceMs): Promise<T> {
    let timer = this.runtime.setTimer(() => undefined, 0)
    const late = new Promise<never>((_, reject) => {
      timer = this.runtime.setTimer(
        () => reject(new assert.AssertionError({ message: `${what}: still not done after ${ms} ms` })),
        ms,
      )
    })
    try {
      return await Promise.race([work, late])
    } finally {
      timer.cancel()
    }
  }

  /** Repeats what a cut connection may have failed. */
  async persist<T>(what: string, act: () => Promise<T>): Promise<T> {
    const deadline = this.now() + this.graceMs
    for (;;) {
      try {
        return await this.within(what, act())
      } catch (error) {
        if (!QueueError.is(error, 'CONNECTION_LOST')) throw error
        assert.ok(
          this.now() < deadline,
          `${what}: the connection does not come back within ${this.graceMs} ms`,
        )
        await this.sleep(10)
      }
    }
  }

  /** A new client on the same store, open. */
  async connect(): Promise<Transport> {
    const transport = await this.fresh()
    await openAll(transport)
    return transport
  }

  /** A new client on the same store, not yet open. */
  async fresh(): Promise<Transport> {
    const transport = await this.#options.create()
    this.#closing.push(() => closeAll(transport))
    return transport
  }

  async crash(transport: Transport): Promise<void> {
    await this.#options.crash?.(transport)
  }

  /** A name no other clause uses. */
  name(): string {
    this.#count += 1
    return `${this.#options.prefix}-${this.#count}`
  }

  message(overrides: Partial<Message> = {}): Message {
    const id = overrides.id ?? this.name()
    return { headers: {}, body: Buffer.from(`body of ${id}`), priority: 50, delayMs: 0, ...overrides, id }
  }

  /** Publishes these, or that many plain ones, in batches the broker takes; all must be accepted. */
  async publish(
    queue: string,
    wanted: number | readonly Partial<Message>[] = 1,
    broker: Broker = this.broker,
  ): Promise<readonly Message[]> {
    const messages =
      typeof wanted === 'number'
        ? Array.from({ length: wanted }, () => this.message())
        : wanted.map((one) => this.message(one))
    noFailures(await this.publishAll(queue, messages, broker), 'publish')
    return messages
  }

  /** Publishes in batches the broker takes, and tells what failed. */
  publishAll(
    queue: string,
    messages: readonly Message[],
    broker: Broker = this.broker,
  ): Promise<readonly Failure[]> {
    return inBatches(messages, broker.supports.maxBatch, (batch) => broker.publish(queue, batch))
  }

  /** Settles in batches the broker takes, and tells what failed. */
  settleAll(consumer: Consumer, settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    return inBatches(settlements, this.supports.maxBatch, (batch) => consumer.settle(batch))
  }

  /** Extends in batches the broker takes, and tells what failed. */
  extendAll(consumer: Consumer, receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    return inBatches(receipts, this.supports.maxBatch, (batch) => consumer.extend(batch, leaseMs))
  }

  async consumer(
    queue: string,
    options: Partial<ConsumeOptions> & { readonly broker?: Broker } = {},
  ): Promise<Consumer> {
    const { broker = this.broker, ...rest } = options
    const consumer = await broker.consume(queue, { leaseMs: this.longMs, prefetch: 1000, ...rest })
    this.#closing.push(() => consumer.close())
    return consumer
  }

  /** Exactly `count` deliveries; fails when they do not come. */
  async take(consumer: Consumer, count: number): Promise<readonly Delivery[]> {
    const deadline = this.now() + this.graceMs
    const deliveries: Delivery[] = []
    while (deliveries.length < count) {
      const waitMs = deadline - this.now()
      assert.ok(waitMs > 0, `expected ${count} messages, got ${deliveries.length} within ${this.graceMs} ms`)
      const max = Math.min(count - deliveries.length, this.supports.maxBatch)
      deliveries.push(
        ...(await this.within('receive', consumer.receive(max, { waitMs }), waitMs + this.graceMs)),
      )
    }
    assert.ok(
      deliveries.length === count,
      `receive returned more than was asked for: ${deliveries.length} instead of ${count}`,
    )
    return deliveries
  }

  async one(consumer: Consumer): Promise<Delivery> {
    const [delivery] = await this.take(consumer, 1)
    return delivery!
  }

  /** Nothing comes, looking for `forMs`. */
  async nothing(consumer: Consumer, what: string, forMs: number = this.quietMs): Promise<void> {
    const deliveries = await this.within(
      'receive',
      consumer.receive(10, { waitMs: forMs }),
      forMs + this.graceMs,
    )
    same(
      deliveries.map(({ message }) => message.id),
      [],
      what,
    )
  }

  async settle(consumer: Consumer, ...settlements: readonly Settlement[]): Promise<void> {
    noFailures(await this.settleAll(consumer, settlements), 'settle')
  }

  /** Acknowledges all. */
  async ack(consumer: Consumer, deliveries: readonly Delivery[]): Promise<void> {
    await this.settle(consumer, ...deliveries.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
  }

  /** A listener that keeps all it hears. */
  async listen(
    topics: readonly string[],
    options: Abortable & { readonly channel?: Channel } = {},
  ): Promise<Ear> {
    const { channel = this.channel, ...rest } = options
    const ear = new Ear(await channel.listen(topics, rest))
    this.#closing.push(() => ear.close())
    return ear
  }

  /** Closes what the clause opened, newest first; a close that fails or hangs is another clause's matter. */
  async dispose(): Promise<void> {
    for (const close of this.#closing.splice(0).toReversed()) {
      await this.within('close', close(), 5000).catch(() => undefined)
    }
  }
}

export async function openAll({ broker, results, channel }: Transport): Promise<void> {
  await Promise.all([broker.open(), results?.open(), channel?.open()])
}

export async function closeAll({ broker, results, channel }: Transport): Promise<void> {
  await Promise.all([broker.close(), results?.close(), channel?.close()])
}
