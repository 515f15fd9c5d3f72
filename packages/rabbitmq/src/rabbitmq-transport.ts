import { Tenancy } from '@bananasjs/core/contract'
import type { Abortable, Broker, Channel, Diagnosis, Transport } from '@bananasjs/core/contract'
import { RabbitmqBroker } from './rabbitmq-broker.ts'
import { RabbitmqChannel } from './rabbitmq-channel.ts'
import { RabbitmqClient } from './rabbitmq-client.ts'
import { diagnose } from './rabbitmq-diagnosis.ts'
import type { AmqpConnection } from './rabbitmq-driver.ts'
import { settingsFrom } from './rabbitmq-options.ts'
import type { RabbitmqCommonOptions, RabbitmqConnectionOptions, RabbitmqOptions } from './rabbitmq-options.ts'

export interface RabbitmqTransport extends Transport {
  readonly broker: Broker
  readonly channel: Channel
  /** The connections of amqplib that are open now: the one that publishes, the one that consumes. */
  readonly connections: () => readonly AmqpConnection[]
  diagnose(options?: Abortable): Promise<readonly Diagnosis[]>
}

/**
 * Broker and channel on RabbitMQ. Results come from another adapter. Nothing is opened before the first use.
 * @param options the url, or the options; by default `amqp://127.0.0.1`
 * @throws QueueError INVALID for an option that makes no sense
 */
export function rabbitmq(options?: RabbitmqOptions): RabbitmqTransport
export function rabbitmq(url: string, options?: Omit<RabbitmqOptions, 'url'>): RabbitmqTransport
export function rabbitmq(options: RabbitmqConnectionOptions<AmqpConnection>): RabbitmqTransport
export function rabbitmq(
  first: string | RabbitmqOptions | RabbitmqConnectionOptions<AmqpConnection> = {},
  second: RabbitmqCommonOptions = {},
): RabbitmqTransport {
  const client = new RabbitmqClient(
    settingsFrom(typeof first === 'string' ? { ...second, url: first } : first),
  )
  return {
    broker: new RabbitmqBroker(client),
    channel: new RabbitmqChannel(client),
    connections: () => [
      ...new Set(
        [client.publishing.connection, client.consuming.connection].filter((one) => one !== undefined),
      ),
    ],
    async diagnose({ signal } = {}) {
      const tenancy = new Tenancy(client, 'rabbitmq', 'diagnosis')
      try {
        await tenancy.open(signal)
        return diagnose(client)
      } finally {
        tenancy.shut()
        await tenancy.leave()
      }
    },
  }
}
