import { checkQueueName } from '@bananasjs/core/contract'
import type { Abortable, QueueCounts, Tenancy } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import { isMissing } from './rabbitmq-errors.ts'

/**
 * AMQP tells how many messages of a queue are ready, and no more: what is held is counted nowhere that a client can
 * see, and what is delayed stands in queues that all share.
 */
export class Inspection {
  readonly #client: RabbitmqClient
  readonly #tenancy: Tenancy

  constructor(client: RabbitmqClient, tenancy: Tenancy) {
    this.#client = client
    this.#tenancy = tenancy
  }

  /** @throws QueueError */
  async inspect(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    checkQueueName(queue)
    await this.#tenancy.open(signal)
    const { topology } = this.#client
    const [ready, dead] = await Promise.all([
      this.#count(topology.queue('ready', queue), signal),
      this.#count(topology.queue('dead', queue), signal),
    ])
    return { ready, delayed: undefined, leased: undefined, dead }
  }

  /** On a channel of its own: one that asks for a queue that is not there ends. */
  #count(name: string, signal: AbortSignal | undefined): Promise<number> {
    const { consuming } = this.#client
    return consuming.onChannel(async (channel) => {
      const counting = channel.checkQueue(name).catch((error: unknown) => {
        if (isMissing(error)) return { messageCount: 0 }
        throw error
      })
      return (await consuming.answer(counting, 'a count')).messageCount
    }, signal)
  }
}
