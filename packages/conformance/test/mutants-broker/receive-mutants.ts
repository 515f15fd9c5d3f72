import type { Consumer, Delivery } from '@bananasjs/core/contract'
import { pause } from '../mutants-results/mutant.ts'
import type { Mutant } from '../mutants-results/mutant.ts'
import { boaster, brokerMutant } from './broker-mutant.ts'

const LONG_MS = 60_000

export const RECEIVE_MUTANTS: readonly Mutant[] = [
  brokerMutant('hands over one more than asked for', ['RECV-1'], () => ({
    consumer: (base) => ({ receive: (max, options) => base.receive(max + 1, options) }),
  })),
  brokerMutant('waits for a message although nobody asked it to', ['RECV-2'], () => ({
    consumer: (base) => ({ receive: (max, options) => base.receive(max, { ...options, waitMs: LONG_MS }) }),
  })),
  brokerMutant('looks only when the wait is over', ['RECV-3'], () => ({
    consumer: (base) => ({
      async receive(max, options) {
        await pause(options?.waitMs ?? 0)
        return base.receive(max)
      },
    }),
  })),
  brokerMutant('waits until a batch is full', ['RECV-4'], () => ({
    consumer: (base) => ({
      async receive(max, options) {
        const first = await base.receive(max, options)
        if (first.length === 0 || first.length === max) return first
        return [...first, ...(await base.receive(max - first.length, options))]
      },
    }),
  })),
  brokerMutant('leases a message twice', ['RECV-5'], () => {
    let last: readonly Delivery[] = []
    return {
      consumer: (base) => ({
        async receive(max, options) {
          const again = last
          last = await base.receive(max, options)
          return last.length < max ? [...last, ...again.slice(0, 1)] : last
        },
      }),
    }
  }),
  brokerMutant('takes a few more for later', ['RECV-6'], () => ({ consumer: hoarding })),
  brokerMutant('wakes one consumer for a batch of messages', ['RECV-7'], () => {
    const waiting = new Map<string, (() => void)[]>()
    return {
      broker: (base) => ({
        async publish(queue, messages, options) {
          const failures = await base.publish(queue, messages, options)
          waiting.get(queue)?.shift()?.()
          return failures
        },
      }),
      consumer: (base, queue) => ({
        async receive(max, options) {
          const ready = await base.receive(max)
          if (ready.length > 0 || !options?.waitMs) return ready
          const all = waiting.get(queue) ?? []
          waiting.set(queue, all)
          await Promise.race([pause(options.waitMs), new Promise<void>((wake) => all.push(wake))])
          return base.receive(max)
        },
      }),
    }
  }),
  brokerMutant('hands over the last first', ['ORDER-1'], () => ({
    consumer: (base) => ({
      receive: async (max, options) => (await base.receive(max, options)).toReversed(),
    }),
  })),
  brokerMutant('stores a batch from its end', ['ORDER-1', 'ORDER-2'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) => base.publish(queue, messages.toReversed(), options),
    }),
  })),
  brokerMutant('knows no priorities', ['PRIO-1', 'PRIO-2'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) =>
        base.publish(
          queue,
          messages.map((message) => ({ ...message, priority: 50 })),
          options,
        ),
    }),
  })),
  boaster('has ten levels of priority and says a hundred and one', ['PRIO-2'], {
    can: { priorityLevels: 10 },
    says: { priorityLevels: 101 },
  }),
  brokerMutant('maps priorities onto too few levels', ['PRIO-2'], () => ({}), {
    can: { priorityLevels: 3 },
    says: { priorityLevels: 10 },
  }),
]

/** What it holds beyond the wish of its reader is leased, and given to nobody. */
function hoarding(base: Consumer): Partial<Consumer> {
  const later: Delivery[] = []
  return {
    async receive(max, options) {
      if (later.length === 0) later.push(...(await base.receive(max + 5, options)))
      return later.splice(0, max)
    },
  }
}
