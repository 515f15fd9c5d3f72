import { QueueError } from '@bananasjs/core/contract'
import type { Settlement } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

/** Settlements become others on their way. */
function settling(
  name: string,
  kills: readonly string[],
  change: (settlement: Settlement, all: readonly Settlement[]) => Settlement,
): Mutant {
  return brokerMutant(name, kills, () => ({
    consumer: (base) => ({ settle: (all) => base.settle(all.map((one) => change(one, all))) }),
  }))
}

export const SETTLE_MUTANTS: readonly Mutant[] = [
  brokerMutant('acknowledges in words alone', ['SETTLE-1', 'SETTLE-4'], () => ({
    consumer: (base) => ({ settle: (all) => base.settle(all.filter(({ as }) => as !== 'ack')) }),
  })),
  settling('settles a whole batch like its first', ['SETTLE-2'], (one, all) => ({
    ...all[0]!,
    receipt: one.receipt,
  })),
  brokerMutant('believes any receipt', ['SETTLE-3', 'SETTLE-4', 'LEASE-5', 'LEASE-6'], () => ({
    consumer: (base) => ({
      async settle(all) {
        await base.settle(all)
        return []
      },
    }),
  })),
  brokerMutant('gives up a batch for one bad receipt', ['SETTLE-3'], () => ({
    consumer: (base) => ({
      async settle(all) {
        for (const one of all) {
          const [failure] = await base.settle([one])
          if (failure !== undefined) throw failure.error
        }
        return []
      },
    }),
  })),
  brokerMutant('has to be given something to settle', ['SETTLE-5'], () => ({
    consumer: (base) => ({
      settle: (all) =>
        all.length > 0 ? base.settle(all) : Promise.reject(new QueueError('INVALID', 'nothing to settle')),
    }),
  })),
  brokerMutant('does one thing at a time', ['SETTLE-6'], () => ({
    consumer(base) {
      let receiving: Promise<unknown> = Promise.resolve()
      return {
        receive(max, options) {
          const work = base.receive(max, options)
          receiving = work.catch(() => undefined)
          return work
        },
        async settle(all) {
          await receiving
          return base.settle(all)
        },
      }
    },
  })),
  settling('puts what is given back to the end', ['RELEASE-1', 'ORDER-3'], (one) =>
    one.as === 'release' ? { receipt: one.receipt, as: 'retry', delayMs: 0, headers: {} } : one,
  ),
  brokerMutant('keeps what is given back until its lease ends', ['RELEASE-1', 'RELEASE-2'], () => ({
    consumer: (base) => ({ settle: (all) => base.settle(all.filter(({ as }) => as !== 'release')) }),
  })),
  brokerMutant('counts what is given back although it says that this is free', ['RELEASE-1'], () => ({}), {
    can: { release: 'counted' },
    says: { release: 'free' },
  }),
  settling('forgets the headers of a retry', ['RETRY-1'], (one) =>
    one.as === 'retry' ? { ...one, headers: {} } : one,
  ),
  settling('retries at once, whatever delay is asked for', ['RETRY-3'], (one) =>
    one.as === 'retry' ? { ...one, delayMs: 0 } : one,
  ),
  settling('has a shortest delay of a minute', ['RETRY-2', 'RETRY-6'], (one) =>
    one.as === 'retry' ? { ...one, delayMs: Math.max(60_000, one.delayMs) } : one,
  ),
  brokerMutant('drops a message that is delayed a second time', ['RETRY-4'], () => {
    const delayed = new Set<string>()
    return {
      consumer(base) {
        const ids = new Map<string, string>()
        return {
          async receive(max, options) {
            const got = await base.receive(max, options)
            for (const { receipt, message } of got) ids.set(receipt, message.id)
            return got
          },
          settle: (all) =>
            base.settle(
              all.map((one) => {
                const id = ids.get(one.receipt) ?? ''
                if (one.as !== 'retry' || one.delayMs === 0) return one
                if (delayed.has(id)) return { receipt: one.receipt, as: 'ack' }
                delayed.add(id)
                return one
              }),
            ),
        }
      },
    }
  }),
]
