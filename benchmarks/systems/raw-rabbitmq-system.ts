import { connect } from 'amqplib'
import type { ConfirmChannel } from 'amqplib'
import type { Payload } from '../payload.ts'
import type { RabbitmqForBenchmarks } from '../rabbitmq-server.ts'
import type { QueueSystem, QueueSystemKind } from './queue-system.ts'
import { rawBatch } from './raw-batch.ts'

/** amqplib as its manual has it: a confirm channel, a prefetch, an acknowledgement for each message. */
export function rawRabbitmqKind(server: RabbitmqForBenchmarks): QueueSystemKind {
  const made: string[] = []
  return {
    name: 'raw amqplib',
    role: 'raw',
    canWait: false,
    clear: () => server.drop(made.splice(0)),
    async open({ queue }) {
      const name = `raw-${queue}`
      const [producing, consuming] = [await connect(server.url), await connect(server.url)]
      const producer = await producing.createConfirmChannel()
      const consumer = await consuming.createChannel()
      await producer.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
      made.push(name)
      return {
        add: (task) => send(producer, name, task),
        addBulk: async (tasks) => void (await Promise.all(tasks.map((task) => send(producer, name, task)))),
        async work(concurrency, handler) {
          await consumer.prefetch(rawBatch(concurrency))
          await consumer.consume(name, (message) => {
            if (message === null) return
            handler(JSON.parse(message.content.toString()) as Payload)
            consumer.ack(message)
          })
        },
        pending: () => server.ready(name),
        async close() {
          await consuming.close()
          await producing.close()
        },
      } satisfies QueueSystem
    },
  }
}

function send(channel: ConfirmChannel, queue: string, task: Payload): Promise<void> {
  return new Promise((resolve, reject) => {
    const content = Buffer.from(JSON.stringify(task))
    channel.publish('', queue, content, { persistent: true, mandatory: true }, (error: unknown) => {
      if (error === null || error === undefined) resolve()
      else reject(new Error('a publish was not confirmed', { cause: error }))
    })
  })
}
