import assert from 'node:assert/strict'
import type { Broker, BrokerSupports } from '@bananasjs/core/contract'
import { same } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { openAll } from '../workbench.ts'

const DURABILITIES = ['memory', 'process', 'disk', 'quorum']
const INSPECTIONS = ['none', 'ready', 'counts']
const ORDERS = ['none', 'group', 'queue']

export const DECLARATION_CLAUSES: readonly Clause[] = [
  brokerClause('DECL-1', 'what a part supports is frozen, before and after open', {
    async run(bench) {
      const fresh = await bench.fresh()
      const frozen = (when: string): void => {
        for (const part of ['broker', 'results', 'channel'] as const) {
          const supports = fresh[part]?.supports
          if (supports !== undefined)
            assert.ok(Object.isFrozen(supports), `${part}.supports is frozen ${when}`)
        }
        assert.ok(Object.isFrozen(fresh.broker.supports.lease), `broker.supports.lease is frozen ${when}`)
      }
      frozen('before open')
      await openAll(fresh)
      frozen('after open')
    },
  }),
  brokerClause('DECL-2', 'every capability is declared, and within its range', {
    run: async ({ supports }) => assert.deepEqual(outOfRange(supports), []),
  }),
  brokerClause('DECL-3', 'all clients made alike declare the same', {
    async run(bench) {
      const another = await bench.connect()
      same(another.broker.supports, bench.supports, 'broker.supports of another client')
      same(another.results?.supports, bench.transport.results?.supports, 'results.supports of another client')
      same(another.channel?.supports, bench.transport.channel?.supports, 'channel.supports of another client')
    },
  }),
  brokerClause('DECL-4', 'open may narrow what is supported, never widen it', {
    async run(bench) {
      const fresh = await bench.fresh()
      const before = structuredClone(fresh.broker.supports)
      const limits = (): readonly number[] => [
        fresh.results?.supports.maxValueBytes ?? 0,
        Number(fresh.results?.supports.watch ?? 0),
        fresh.channel?.supports.maxPayloadBytes ?? 0,
      ]
      const limitsBefore = limits()
      await openAll(fresh)
      same(widened(before, fresh.broker.supports), [], 'capabilities that open widened')
      assert.ok(
        limits().every((limit, index) => limit <= limitsBefore[index]!),
        'open widened the limits of results or channel',
      )
    },
  }),
  brokerClause('DECL-5', 'an optional method is present exactly where its capability is declared', {
    async run(bench) {
      const fresh = await bench.fresh()
      await openAll(fresh)
      same(present(fresh.broker), declared(fresh.broker.supports), 'optional methods that are present')
      const { results } = fresh
      if (results !== undefined)
        same(results.watch !== undefined, results.supports.watch, 'results.watch is present')
    },
  }),
  brokerClause('DECL-6', 'the broker is named by its product, in lower case', {
    run: async ({ broker }) => assert.match(broker.name, /^[a-z][a-z0-9-]*$/),
  }),
]

function declared(supports: BrokerSupports): Readonly<Record<string, boolean>> {
  return {
    inspect: supports.inspect !== 'none',
    queues: supports.inspect === 'counts',
    peek: supports.peek,
    purge: supports.purge,
    deadLetters: supports.deadLetters,
  }
}

function present(broker: Broker): Readonly<Record<string, boolean>> {
  const optional = ['inspect', 'queues', 'peek', 'purge', 'deadLetters'] as const
  return Object.fromEntries(optional.map((name) => [name, broker[name] !== undefined]))
}

function outOfRange(supports: BrokerSupports): readonly string[] {
  const { lease } = supports
  const rules: Readonly<Record<string, boolean>> = {
    durability: DURABILITIES.includes(supports.durability),
    inspect: INSPECTIONS.includes(supports.inspect),
    ordered: ORDERS.includes(supports.ordered),
    release: ['free', 'counted'].includes(supports.release),
    priorityLevels:
      Number.isInteger(supports.priorityLevels) &&
      supports.priorityLevels >= 1 &&
      supports.priorityLevels <= 101,
    maxDelayMs: supports.maxDelayMs >= 0,
    dedupeMs: supports.dedupeMs >= 0,
    maxMessageBytes: supports.maxMessageBytes >= 4096,
    maxBatch: supports.maxBatch >= 1,
    clockMs: supports.clockMs > 0 && Number.isFinite(supports.clockMs),
    'lease.maxMs': lease.maxMs >= supports.clockMs,
  }
  const flags = {
    peek: supports.peek,
    purge: supports.purge,
    deadLetters: supports.deadLetters,
    ...lease,
    maxMs: true,
  }
  const wrong = Object.entries(rules).filter(([, holds]) => !holds)
  return [...wrong, ...Object.entries(flags).filter(([, flag]) => typeof flag !== 'boolean')].map(
    ([name]) => name,
  )
}

function widened(before: BrokerSupports, after: BrokerSupports): readonly string[] {
  const rank = (supports: BrokerSupports): Readonly<Record<string, number>> => ({
    durability: DURABILITIES.indexOf(supports.durability),
    inspect: INSPECTIONS.indexOf(supports.inspect),
    peek: Number(supports.peek),
    purge: Number(supports.purge),
    deadLetters: Number(supports.deadLetters),
    ordered: ORDERS.indexOf(supports.ordered),
    release: supports.release === 'free' ? 1 : 0,
    priorityLevels: supports.priorityLevels,
    maxDelayMs: supports.maxDelayMs,
    dedupeMs: supports.dedupeMs,
    maxMessageBytes: supports.maxMessageBytes,
    maxBatch: supports.maxBatch,
    clockMs: -supports.clockMs,
    'lease.renewable': Number(supports.lease.renewable),
    'lease.fenced': Number(supports.lease.fenced),
    'lease.shared': Number(supports.lease.shared),
    'lease.maxMs': supports.lease.maxMs,
  })
  const was = rank(before)
  return Object.entries(rank(after))
    .filter(([name, now]) => now > was[name]!)
    .map(([name]) => name)
}
