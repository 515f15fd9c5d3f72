import type { Broker, BrokerSupports } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { boaster, brokerMutant } from './broker-mutant.ts'

let clients = 0

export const DECLARATION_MUTANTS: readonly Mutant[] = [
  brokerMutant('lets its capabilities be written over', ['DECL-1'], () => ({
    broker: (base) => ({ supports: { ...base.supports } }),
  })),
  boaster('has no priority level at all', ['DECL-2'], { says: { priorityLevels: 0 } }),
  brokerMutant('declares something else each time', ['DECL-3'], () => ({
    broker: (base) => ({ supports: changed(base, { maxBatch: 1000 - ((clients += 1) % 500) }) }),
  })),
  brokerMutant('learns in open what more it can do', ['DECL-4'], () => ({
    broker(base) {
      let opened = false
      return {
        get supports() {
          return opened ? base.supports : changed(base, { maxBatch: 10 })
        },
        async open(options) {
          await base.open(options)
          opened = true
        },
      }
    },
  })),
  boaster('can empty a queue and says that it cannot', ['DECL-5'], { says: { purge: false } }),
  brokerMutant('has a name for people', ['DECL-6'], () => ({ broker: () => ({ name: 'Memory Broker' }) })),
]

function changed({ supports }: Broker, change: Partial<BrokerSupports>): BrokerSupports {
  return Object.freeze({ ...supports, ...change })
}
