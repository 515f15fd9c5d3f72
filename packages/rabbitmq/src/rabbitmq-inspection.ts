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
  async #count(name: string, signal: AbortSignal | undefined): Promise<number> {
    const { consuming } = this.#client
    const connection = await consuming.open(signal)
    const channel = await consuming.answer(connection.createChannel(), 'a channel')
    channel.on('error', () => undefined)
    const counting = channel.checkQueue(name).then(
      ({ messageCount }) => messageCount,
      (error: unknown) => {
        if (isMissing(error)) return 0
        throw error
      },
    )
    try {
      return await consuming.answer(counting, 'a count')
    } finally {
      await channel.close().catch(() => undefined)
    }
  }
}
