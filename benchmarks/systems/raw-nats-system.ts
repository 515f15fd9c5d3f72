import { AckPolicy, jetstream, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import type { ConsumerMessages } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { NatsForBenchmarks } from '../nats-server.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem, QueueSystemKind } from './queue-system.ts'
import { rawBatch } from './raw-batch.ts'

const MOST_UNSETTLED = 65_536

/** The driver as its manual has it: acknowledged publishes, a work queue, a durable pull consumer, an ack for each message. */
export function rawNatsKind(server: NatsForBenchmarks): QueueSystemKind {
  const made: string[] = []
  return {
    name: 'raw nats',
    role: 'raw',
    canWait: false,
    clear: () => server.drop(made.splice(0)),
    async open({ queue }) {
      const name = `raw-${queue}`
      const { url, streams, consumers } = server
      await streams.add({
        name,
        subjects: [name],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
      })
      made.push(name)
      const durable = {
        durable_name: 'work',
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: MOST_UNSETTLED,
      }
      await consumers.add(name, durable)
      const [producing, consuming] = [await connect({ servers: url }), await connect({ servers: url })]
      const [producer, consumer] = [jetstream(producing), jetstream(consuming)]
      const send = async (task: Payload): Promise<void> =>
        void (await producer.publish(name, JSON.stringify(task)))
      let messages: ConsumerMessages | undefined
      return {
        add: send,
        addBulk: async (tasks) => void (await Promise.all(tasks.map(send))),
        async work(concurrency, handler) {
          const source = await consumer.consumers.get(name, durable.durable_name)
          messages = await source.consume({
            max_messages: rawBatch(concurrency),
            callback: (message) => {
              handler(message.json<Payload>())
              message.ack()
            },
          })
        },
        async pending() {
          const { state } = await streams.info(name)
          return state.messages
        },
        async close() {
          await messages?.close()
          await consuming.close()
          await producing.close()
        },
      } satisfies QueueSystem
    },
  }
}
