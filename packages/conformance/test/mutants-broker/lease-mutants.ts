import { QueueError } from '@bananasjs/core/contract'
import type { Consumer } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { boaster, brokerMutant } from './broker-mutant.ts'

export const LEASE_MUTANTS: readonly Mutant[] = [
  brokerMutant('ends leases early', ['LEASE-1', 'LEASE-2'], () => ({
    broker: (base) => ({
      consume: (queue, options) =>
        base.consume(queue, { ...options, leaseMs: Math.max(5, options.leaseMs / 20) }),
    }),
    consumer: (base) => ({ extend: (receipts, leaseMs) => base.extend(receipts, leaseMs / 20) }),
  })),
  brokerMutant('never takes a message back from whoever holds it', ['LEASE-1', 'LEASE-3', 'LEASE-8'], () => ({
    broker: (base) => ({
      consume: (queue, options) => base.consume(queue, { ...options, leaseMs: options.leaseMs + 1e9 }),
    }),
  })),
  boaster('lets leases end and says that they are connections', ['LEASE-1'], {
    says: { lease: { renewable: false } },
  }),
  brokerMutant('extends in words alone', ['LEASE-2', 'LEASE-3'], () => ({
    consumer: () => ({ extend: async () => [] }),
  })),
  brokerMutant(
    'refuses to extend what needs no extending',
    ['LEASE-2'],
    () => ({
      consumer: () => ({
        extend: async (receipts) =>
          receipts.map((_, index) => ({ index, error: new QueueError('UNSUPPORTED', 'There is no need.') })),
      }),
    }),
    { can: { lease: { renewable: false } } },
  ),
  brokerMutant('extends everything at once', ['LEASE-3'], () => ({ consumer: extendingAll })),
  brokerMutant('says that a stale receipt was extended', ['LEASE-4'], () => ({
    consumer: (base) => ({
      async extend(receipts, leaseMs) {
        await base.extend(receipts, leaseMs)
        return []
      },
    }),
  })),
  brokerMutant('settles by message, whoever holds it now', ['LEASE-6'], () => {
    const ids = new Map<string, string>()
    const newest = new Map<string, string>()
    return {
      consumer: (base) => ({
        async receive(max, options) {
          const got = await base.receive(max, options)
          for (const { receipt, message } of got) {
            ids.set(receipt, message.id)
            newest.set(message.id, receipt)
          }
          return got
        },
        settle: (all) =>
          base.settle(
            all.map((one) => ({ ...one, receipt: newest.get(ids.get(one.receipt) ?? '') ?? one.receipt })),
          ),
      }),
    }
  }),
  brokerMutant(
    'throws at a late settle that it cannot tell from one in time',
    ['LEASE-5'],
    () => ({
      consumer: (base) => ({
        async settle(all) {
          const failures = await base.settle(all)
          if (failures.length > 0) throw new Error('What receipt is this?')
          return failures
        },
      }),
    }),
    { says: { lease: { fenced: false } } },
  ),
  brokerMutant('takes the id of a message for its receipt', ['LEASE-7'], () => {
    const receipts = new Map<string, string>()
    return {
      consumer: (base) => ({
        async receive(max, options) {
          const got = await base.receive(max, options)
          for (const { receipt, message } of got) receipts.set(message.id, receipt)
          return got.map((one) => ({ ...one, receipt: one.message.id }))
        },
        settle: (all) =>
          base.settle(all.map((one) => ({ ...one, receipt: receipts.get(one.receipt) ?? one.receipt }))),
      }),
    }
  }),
  brokerMutant('forgets how often a message was handed over', ['LEASE-1', 'LEASE-8', 'RETRY-2'], () => ({
    consumer: (base) => ({
      receive: async (max, options) =>
        (await base.receive(max, options)).map((one) => ({ ...one, deliveries: 1 })),
    }),
  })),
  boaster('takes no receipt of another client, and says that it does', ['LEASE-9'], {
    can: { lease: { shared: false } },
    says: { lease: { shared: true } },
  }),
  brokerMutant(
    'tells another client that its settling worked, and does nothing',
    ['LEASE-9'],
    () => ({
      consumer: (base) => ({
        async settle(all) {
          await base.settle(all)
          return []
        },
      }),
    }),
    { can: { lease: { shared: false } } },
  ),
  boaster('holds a delivery longer than it says', ['LEASE-10'], { says: { lease: { maxMs: 3000 } } }),
  brokerMutant('makes a lease out of any number', ['LEASE-11'], () => ({
    broker: (base) => ({
      consume: (queue, options) =>
        base.consume(queue, { ...options, leaseMs: options.leaseMs >= 5 ? options.leaseMs : 5 }),
    }),
  })),
]

function extendingAll(base: Consumer): Partial<Consumer> {
  const held = new Set<string>()
  return {
    async receive(max, options) {
      const got = await base.receive(max, options)
      for (const { receipt } of got) held.add(receipt)
      return got
    },
    async extend(receipts, leaseMs) {
      await base.extend([...held], leaseMs)
      return base.extend(receipts, leaseMs)
    },
  }
}
