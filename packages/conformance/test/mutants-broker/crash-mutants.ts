import { QueueError } from '@bananasjs/core/contract'
import type { Consumer, Delivery, Transport } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

/** Clients that were cut, by their broker. */
const cut = new WeakSet<object>()
const crash = ({ broker }: Transport): void => void cut.add(broker)

export const CRASH_MUTANTS: readonly Mutant[] = [
  brokerMutant(
    'never receives again after a cut in mid-fetch',
    ['CRASH-1'],
    () => ({
      consumer(base) {
        let dead = false
        return {
          async receive(max, options) {
            if (dead) return new Promise(() => undefined)
            return base.receive(max, options).catch((error: unknown) => {
              dead = true
              throw error
            })
          },
        }
      },
    }),
    { crash: () => undefined },
  ),
  losingWhatIsHeld(),
  brokerMutant(
    'forgets after a cut what it accepted',
    ['CRASH-3'],
    () => {
      const stores = new Map<string, number>()
      return {
        broker: (base) => ({
          async publish(queue, messages, options) {
            stores.set(queue, (stores.get(queue) ?? 0) + messages.length)
            return base.publish(queue, messages.slice(1), options)
          },
        }),
      }
    },
    { crash: () => undefined },
  ),
  brokerMutant(
    'publishes no more after a cut',
    ['CRASH-3'],
    () => ({
      broker() {
        return {
          async publish() {
            throw new QueueError('CONNECTION_LOST', 'The connection was cut.')
          },
        }
      },
    }),
    { crash: () => undefined },
  ),
  brokerMutant(
    'refuses on the spot whoever comes before it knows of the cut',
    ['CRASH-7'],
    () => ({
      broker: (base) => ({
        async publish(queue, messages, options) {
          if (!cut.has(this)) return base.publish(queue, messages, options)
          setImmediate(() => cut.delete(this))
          throw new QueueError('CONNECTION_LOST', 'It is not there.')
        },
      }),
    }),
    { crash },
  ),
  brokerMutant(
    'hangs when it closes after a cut',
    ['CRASH-4'],
    () => ({
      broker: (base) => {
        const own: { broker?: object } = {}
        return {
          async open(options) {
            own.broker = this
            await base.open(options)
          },
          close: () =>
            own.broker !== undefined && cut.has(own.broker) ? new Promise(() => undefined) : base.close(),
        }
      },
    }),
    { crash },
  ),
]

/** The cut takes along what the client held, as with a broker that acknowledges on delivery. */
function losingWhatIsHeld(): Mutant {
  const held = new Map<Consumer, Delivery[]>()
  return brokerMutant(
    'acknowledges as it hands over',
    ['CRASH-2'],
    () => ({
      consumer(base) {
        held.set(base, [])
        return {
          async receive(max, options) {
            const got = await base.receive(max, options)
            held.get(base)!.push(...got)
            return got
          },
        }
      },
    }),
    {
      async crash() {
        for (const [consumer, deliveries] of held) {
          const all = deliveries.splice(0).map(({ receipt }) => ({ receipt, as: 'ack' as const }))
          await consumer.settle(all).catch(() => [])
        }
      },
    },
  )
}
