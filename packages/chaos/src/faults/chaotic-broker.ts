import type {
  Abortable,
  Broker,
  BrokerSupports,
  Consumer,
  ConsumeOptions,
  DeadLetters,
  Failure,
  Message,
} from '@bananasjs/core/contract'
import { partialFailures, sendRest, underFaults } from './call-faults.ts'
import type { ChaosController } from './chaos-controller.ts'
import { ChaoticConsumer } from './chaotic-consumer.ts'
import { chaoticDeadLetters } from './chaotic-dead-letters.ts'
import { duplicates, hurtMessages } from './message-faults.ts'
import { subjectOfMessage } from './subjects.ts'

const PUBLISH = 'broker.publish'

/** A broker under faults. What it cannot do inside, it cannot do here. */
export class ChaoticBroker implements Broker {
  readonly name: string
  readonly inspect?: NonNullable<Broker['inspect']>
  readonly queues?: NonNullable<Broker['queues']>
  readonly peek?: NonNullable<Broker['peek']>
  readonly purge?: NonNullable<Broker['purge']>
  readonly deadLetters?: DeadLetters
  readonly onNotice?: NonNullable<Broker['onNotice']>
  readonly #inner: Broker
  readonly #chaos: ChaosController

  constructor(inner: Broker, chaos: ChaosController) {
    this.name = inner.name
    this.#inner = inner
    this.#chaos = chaos
    const under = <T>(
      method: string,
      queue: string | undefined,
      options: Abortable | undefined,
      effect: () => Promise<T>,
    ) => underFaults(chaos, { method: `broker.${method}`, queue, signal: options?.signal }, effect)
    if (inner.inspect)
      this.inspect = (queue, options) =>
        under('inspect', queue, options, () => inner.inspect!(queue, options))
    if (inner.queues)
      this.queues = (options) => under('queues', undefined, options, () => inner.queues!(options))
    if (inner.peek)
      this.peek = (queue, limit, options) =>
        under('peek', queue, options, () => inner.peek!(queue, limit, options))
    if (inner.purge)
      this.purge = (queue, options) => under('purge', queue, options, () => inner.purge!(queue, options))
    if (inner.deadLetters) this.deadLetters = chaoticDeadLetters(inner.deadLetters, chaos)
    if (inner.onNotice) this.onNotice = inner.onNotice.bind(inner)
  }

  /** Read through, because `open` may narrow it. */
  get supports(): BrokerSupports {
    return this.#inner.supports
  }

  open(options?: Abortable): Promise<void> {
    return underFaults(this.#chaos, { method: 'broker.open', signal: options?.signal }, () =>
      this.#inner.open(options),
    )
  }

  publish(queue: string, messages: readonly Message[], options?: Abortable): Promise<readonly Failure[]> {
    if (this.#chaos.idle) return this.#inner.publish(queue, messages, options)
    return underFaults(this.#chaos, { method: PUBLISH, queue, signal: options?.signal }, () =>
      this.#publish(queue, messages, options),
    )
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    const call = { method: 'broker.consume', queue, signal: options.signal }
    const consumer = await underFaults(this.#chaos, call, () => this.#inner.consume(queue, options))
    return new ChaoticConsumer(consumer, this.#chaos, { queue, supports: () => this.supports })
  }

  close(): Promise<void> {
    return underFaults(this.#chaos, { method: 'broker.close' }, () => this.#inner.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #publish(
    queue: string,
    messages: readonly Message[],
    options?: Abortable,
  ): Promise<readonly Failure[]> {
    const { maxMessageBytes, maxDelayMs, maxBatch } = this.supports
    const subjects = messages.map((message) => subjectOfMessage(message, queue, PUBLISH))
    const failures = partialFailures(this.#chaos, subjects)
    return sendRest(messages, failures, async (rest) => {
      const hurt = hurtMessages(this.#chaos, rest, { place: 'publish', queue, maxMessageBytes, maxDelayMs })
      const refused = await this.#inner.publish(queue, hurt, options)
      const twice = duplicates(this.#chaos, hurt, queue)
      for (let at = 0; at < twice.length; at += maxBatch)
        await this.#inner.publish(queue, twice.slice(at, at + maxBatch), options)
      return inOrderOf(rest, hurt, refused)
    })
  }
}

/** A reordered batch is answered by the positions of the batch that was handed in. */
function inOrderOf(
  given: readonly Message[],
  sent: readonly Message[],
  failures: readonly Failure[],
): readonly Failure[] {
  return failures.map(({ index, error }) => {
    if (sent[index]!.id === given[index]!.id) return { index, error }
    return { index: given.findIndex(({ id }) => id === sent[index]!.id), error }
  })
}
