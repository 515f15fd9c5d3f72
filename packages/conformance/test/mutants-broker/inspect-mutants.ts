import { QueueError } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

export const INSPECT_MUTANTS: readonly Mutant[] = [
  brokerMutant('counts what is leased as ready', ['INSPECT-1'], () => ({
    broker: (base) => ({
      async inspect(queue, options) {
        const { ready, delayed, leased = 0, dead } = await base.inspect!(queue, options)
        return { ready: ready + leased, delayed, leased: 0, dead }
      },
    }),
  })),
  brokerMutant(
    'has a number for what it cannot count',
    ['INSPECT-1', 'INSPECT-2'],
    () => ({
      broker: (base) => ({
        inspect: async (queue, options) => ({
          ...(await base.inspect!(queue, options)),
          delayed: 0,
          leased: 0,
        }),
      }),
    }),
    { can: { inspect: 'ready' } },
  ),
  brokerMutant('does not know a queue that was never used', ['INSPECT-2'], () => ({
    broker: (base) => ({
      async inspect(queue, options) {
        if (!(await base.queues!()).includes(queue)) throw new QueueError('INVALID', `There is no ${queue}.`)
        return base.inspect!(queue, options)
      },
    }),
  })),
  brokerMutant('lists queues as they come', ['INSPECT-3'], () => ({
    broker: (base) => ({ queues: async (options) => (await base.queues!(options)).toReversed() }),
  })),
  brokerMutant('looks by taking', ['PEEK-1'], () => ({
    broker: (base) => ({
      async peek(queue, limit) {
        const consumer = await base.consume(queue, { leaseMs: 60_000, prefetch: limit })
        return (await consumer.receive(limit)).map(({ message }) => message)
      },
    }),
  })),
  brokerMutant('purges in words alone', ['PURGE-1'], () => ({ broker: () => ({ purge: async () => 0 }) })),
]
