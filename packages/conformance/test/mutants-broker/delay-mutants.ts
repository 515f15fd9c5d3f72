import type { Message } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { boaster, brokerMutant } from './broker-mutant.ts'

export const DELAY_MUTANTS: readonly Mutant[] = [
  brokerMutant('delivers early', ['DELAY-1', 'RETRY-3'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) => base.publish(queue, messages.map(hurried), options),
    }),
    consumer: (base) => ({
      settle: (all) => base.settle(all.map((one) => (one.as === 'retry' ? hurried(one) : one))),
    }),
  })),
  boaster('keeps longer delays than it says', ['DELAY-2', 'RETRY-5'], { says: { maxDelayMs: 60_000 } }),
  brokerMutant(
    'ignores a delay it cannot keep',
    ['DELAY-1', 'DELAY-2', 'RETRY-3'],
    () => ({
      broker: (base) => ({
        publish: (queue, messages, options) =>
          base.publish(
            queue,
            messages.map((message) => ({ ...message, delayMs: 0 })),
            options,
          ),
      }),
      consumer: (base) => ({
        settle: (all) => base.settle(all.map((one) => (one.as === 'retry' ? { ...one, delayMs: 0 } : one))),
      }),
    }),
    { can: { maxDelayMs: 0 } },
  ),
  brokerMutant('holds up what comes after a delayed message', ['DELAY-3', 'DELAY-4'], () => {
    const longest = new Map<string, number>()
    return {
      broker: (base) => ({
        publish: (queue, messages, options) =>
          base.publish(
            queue,
            messages.map((message) => {
              longest.set(queue, Math.max(longest.get(queue) ?? 0, message.delayMs))
              return { ...message, delayMs: longest.get(queue)! }
            }),
            options,
          ),
      }),
    }
  }),
  brokerMutant('drops a delayed message that nobody waits for', ['DELAY-5'], () => {
    const consumers = new Map<string, number>()
    return {
      broker: (base) => ({
        async publish(queue, messages, options) {
          const failures = await base.publish(
            queue,
            messages.filter(({ delayMs }) => delayMs === 0),
            options,
          )
          for (const message of messages.filter(({ delayMs }) => delayMs > 0)) {
            setTimeout(() => {
              if ((consumers.get(queue) ?? 0) > 0)
                void base.publish(queue, [{ ...message, delayMs: 0 }]).catch(() => [])
            }, message.delayMs).unref()
          }
          return failures
        },
        consume(queue, options) {
          consumers.set(queue, (consumers.get(queue) ?? 0) + 1)
          return base.consume(queue, options)
        },
      }),
    }
  }),
  boaster('promises to drop repeated ids and does not', ['DEDUPE-1'], { says: { dedupeMs: 1000 } }),
  boaster('drops repeated ids without saying so', ['DEDUPE-1'], {
    can: { dedupeMs: 60_000 },
    says: { dedupeMs: 0 },
  }),
  boaster('drops repeated ids for ever', ['DEDUPE-2'], { can: { dedupeMs: 1e9 }, says: { dedupeMs: 500 } }),
  brokerMutant(
    'takes its own retries for repeated ids',
    ['DEDUPE-3'],
    () => ({
      broker: (base) => {
        const consume = base.consume.bind(base)
        return {
          async consume(queue, options) {
            const consumer = await consume(queue, options)
            const held = new Map<string, Message>()
            const receive = consumer.receive.bind(consumer)
            const settle = consumer.settle.bind(consumer)
            return Object.assign(Object.create(consumer) as typeof consumer, {
              extend: consumer.extend.bind(consumer),
              close: consumer.close.bind(consumer),
              async receive(...args: Parameters<typeof receive>) {
                const got = await receive(...args)
                for (const { receipt, message } of got) held.set(receipt, message)
                return got
              },
              async settle(all: Parameters<typeof settle>[0]) {
                for (const one of all) {
                  const message = held.get(one.receipt)
                  if (one.as === 'retry' && message !== undefined)
                    await base.publish(queue, [{ ...message, headers: one.headers, delayMs: one.delayMs }])
                }
                return settle(
                  all.map((one) => (one.as === 'retry' ? { receipt: one.receipt, as: 'ack' } : one)),
                )
              },
            })
          },
        }
      },
    }),
    { can: { dedupeMs: 60_000 } },
  ),
]

function hurried<T extends { readonly delayMs: number }>(one: T): T {
  return { ...one, delayMs: one.delayMs / 20 }
}
