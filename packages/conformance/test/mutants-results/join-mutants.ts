import { isFinal } from '@bananasjs/core/contract'
import type { ResultBackend } from '@bananasjs/core/contract'
import { pause, resultMutant } from './mutant.ts'
import type { Mutant } from './mutant.ts'

const TTL_1_TO_3 = ['TTL-1', 'TTL-2', 'TTL-3']

/** Joins, and how long things live. */
export const JOIN_MUTANTS: readonly Mutant[] = [
  resultMutant('keeps a count per client', ['JOIN-1', 'JOIN-6'], () => {
    let clients = 0
    return (base) => {
      const mine = `client ${(clients += 1)} `
      return { arrive: (join, ...rest) => base.arrive(mine + join, ...rest) }
    }
  }),
  resultMutant('counts arrivals, not positions', ['JOIN-2'], () => {
    const counts = new Map<string, number>()
    return () => ({
      async arrive(join, positions) {
        counts.set(join, (counts.get(join) ?? 0) + positions.length)
        return counts.get(join)!
      },
    })
  }),
  resultMutant('tells who brings nothing that nobody came', ['JOIN-3'], () => (base) => ({
    arrive: async (join, positions, ttlMs) =>
      positions.length === 0 ? 0 : base.arrive(join, positions, ttlMs),
  })),
  resultMutant('has 16 bits for a position', ['JOIN-4'], () => (base) => ({
    arrive: (join, positions, ttlMs) =>
      base.arrive(
        join,
        positions.map((one) => one & 0xffff),
        ttlMs,
      ),
  })),
  resultMutant('lets impossible positions fall', ['JOIN-5'], () => (base) => ({
    arrive: (join, positions, ttlMs) => base.arrive(join, positions.filter(isPosition), ttlMs),
  })),
  resultMutant('marks before it finds a position impossible', ['JOIN-5'], () => (base) => ({
    async arrive(join, positions, ttlMs) {
      await base.arrive(join, positions.filter(isPosition), ttlMs)
      return base.arrive(join, positions, ttlMs)
    },
  })),
  resultMutant('marks first and counts later', ['JOIN-6'], () => (base) => ({
    async arrive(join, positions, ttlMs) {
      await base.arrive(join, positions, ttlMs)
      await pause(2)
      return base.arrive(join, [], ttlMs)
    },
  })),
  resultMutant('takes a thousand positions at once', ['JOIN-7'], () => (base) => ({
    arrive: (join, positions, ttlMs) => base.arrive(join, positions.slice(0, 1000), ttlMs),
  })),
  resultMutant('forgets early', TTL_1_TO_3, () => (base) => scaled(base, (ttlMs) => ttlMs / 8)),
  resultMutant('never forgets', [...TTL_1_TO_3, 'TTL-8', 'TTL-9'], () => (base) => scaled(base, () => 1e9)),
  resultMutant(
    'counts time in tens of seconds',
    TTL_1_TO_3,
    () => (base) => scaled(base, (ttlMs) => Math.ceil(ttlMs / 10_000) * 10_000),
  ),
  resultMutant('keeps the ttl of the first write', ['TTL-4', 'TTL-5', 'TTL-6'], () => {
    const ends = new Map<string, number>()
    return (base) => {
      const left = (name: string, ttlMs: number): number => {
        const end = ends.get(name) ?? performance.now() + ttlMs
        ends.set(name, end)
        return Math.max(0, end - performance.now())
      }
      return {
        put: (records) =>
          base.put(records.map((one) => ({ ...one, ttlMs: left(`record ${one.id}`, one.ttlMs) }))),
        swap: (key, expected, next, ttlMs) =>
          base.swap(key, expected, next, (next && left(`key ${key}`, ttlMs)) || 0),
        arrive: (join, positions, ttlMs) =>
          base.arrive(join, positions, positions.length === 0 ? ttlMs : left(`join ${join}`, ttlMs)),
      }
    }
  }),
  resultMutant(
    'lets no long ttl pass through its 31 bits',
    ['TTL-7'],
    () => (base) => scaled(base, (ttlMs) => (ttlMs > 2 ** 31 - 1 ? 1 : ttlMs)),
  ),
  resultMutant('buries an id for good', ['TTL-8'], () => {
    const buried = new Set<string>()
    return (base) => ({
      put(records) {
        const alive = records.filter(({ id, state }) => state === 'queued' || !buried.has(id))
        for (const { id, state } of records) if (isFinal(state)) buried.add(id)
        return base.put(alive)
      },
    })
  }),
  resultMutant('prolongs by a swap that failed', ['TTL-9'], () => (base) => ({
    async swap(key, expected, next, ttlMs) {
      const stored = await base.swap(key, expected, next, ttlMs)
      return stored !== null && next !== null ? base.swap(key, stored, stored, ttlMs) : stored
    },
  })),
]

function isPosition(one: number): boolean {
  return Number.isInteger(one) && one >= 0 && one <= 2 ** 20
}

function scaled(base: ResultBackend, ttl: (ttlMs: number) => number): Partial<ResultBackend> {
  return {
    put: (records) => base.put(records.map((one) => ({ ...one, ttlMs: ttl(one.ttlMs) }))),
    swap: (key, expected, next, ttlMs) => base.swap(key, expected, next, ttl(ttlMs)),
    arrive: (join, positions, ttlMs) => base.arrive(join, positions, ttl(ttlMs)),
  }
}
