import type { ResultBackend } from '@bananasjs/core/contract'
import { same } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { bytes, putAll, record, recordOf, sameFact, sameRecord } from '../records.ts'
import type { Workbench } from '../workbench.ts'

const YEAR_MS = 365 * 86_400_000

/** A record, a key or a join, each with a time to live of its own. */
interface Mortal {
  readonly what: string
  /** Writes it, for the first time or again. */
  readonly write: (results: ResultBackend, name: string, ttlMs: number) => Promise<unknown>
  readonly isThere: (results: ResultBackend, name: string) => Promise<boolean>
}

const RECORD: Mortal = {
  what: 'a record',
  write: (results, id, ttlMs) => putAll(results, { ...record(id, 'running'), ttlMs }),
  isThere: async (results, id) => (await recordOf(results, id)) !== undefined,
}

const KEY: Mortal = {
  what: 'a key',
  write: async (results, key, ttlMs) => {
    const stored = await results.swap(key, null, null, 0)
    sameFact(await results.swap(key, stored, bytes('mine'), ttlMs), 'mine', 'the swap')
  },
  isThere: async (results, key) => (await results.swap(key, null, null, 0)) !== null,
}

const JOIN: Mortal = {
  what: 'a join',
  write: (results, join, ttlMs) => results.arrive(join, [1], ttlMs),
  // Counting is a write, too: with no time to live it would end what it looks at.
  isThere: async (results, join) => (await results.arrive(join, [], YEAR_MS)) > 0,
}

export const TTL_CLAUSES: readonly Clause[] = [
  ...[RECORD, KEY, JOIN].map((mortal, index) =>
    resultClause(
      `TTL-${index + 1}`,
      `${mortal.what} lives for its ttl, and no longer than the clock's grain beyond it`,
      {
        run: (bench) => livesAndDies(bench, mortal),
      },
    ),
  ),
  ...[RECORD, KEY, JOIN].map((mortal, index) =>
    resultClause(
      `TTL-${index + 4}`,
      `${mortal.what} that is written again lives for the ttl of its last write`,
      {
        run: (bench) => takesTheLastTtl(bench, mortal),
      },
    ),
  ),
  resultClause('TTL-7', 'a ttl of a year does not end today', {
    async run(bench) {
      const name = bench.name()
      const mortals = [RECORD, KEY, JOIN]
      for (const mortal of mortals) await mortal.write(bench.results, name, YEAR_MS)
      await bench.sleep(bench.quietMs)
      for (const mortal of mortals)
        same(await mortal.isThere(bench.results, name), true, `${mortal.what} is there`)
    },
  }),
  resultClause('TTL-8', 'an id whose final record has expired may be used again', {
    async run(bench) {
      const id = bench.name()
      await putAll(bench.results, { ...record(id, 'failed'), ttlMs: bench.shortTtlMs })
      await bench.sleep(pastEnd(bench))
      await putAll(bench.results, record(id, 'running', 'again'))
      sameRecord(await recordOf(bench.results, id), record(id, 'running', 'again'), 'the record')
    },
  }),
  resultClause('TTL-9', 'a swap that changes nothing prolongs nothing, nor does a record that is dropped', {
    async run(bench) {
      const name = bench.name()
      const { results, shortTtlMs: ttlMs } = bench
      const startedAt = bench.now()
      await results.swap(name, null, bytes('mine'), ttlMs)
      await putAll(results, { ...record(name, 'failed'), ttlMs })
      await results.swap(name, bytes('other'), bytes('yours'), YEAR_MS)
      await putAll(results, { ...record(name, 'succeeded'), ttlMs: YEAR_MS })
      bench.inTime(startedAt, ttlMs)
      await bench.sleep(pastEnd(bench))
      sameFact(await results.swap(name, null, null, 0), null, 'the key')
      same(await recordOf(results, name), undefined, 'the record')
    },
  }),
]

/** From the answer to a write until what it wrote must be gone. */
function pastEnd(bench: Workbench): number {
  return bench.shortTtlMs + bench.results.supports.clockMs + 20
}

async function livesAndDies(bench: Workbench, { what, write, isThere }: Mortal): Promise<void> {
  const [early, late] = [bench.name(), bench.name()]
  const startedAt = bench.now()
  for (const name of [early, late]) await write(bench.results, name, bench.shortTtlMs)
  const writtenAt = bench.now()
  await bench.sleep(bench.shortTtlMs / 2)
  const there = await isThere(bench.results, early)
  bench.inTime(startedAt, bench.shortTtlMs)
  same(there, true, `${what} is there before its ttl ends`)
  await bench.sleep(writtenAt + pastEnd(bench) - bench.now())
  // Another one: the look at the first may have been a write.
  same(await isThere(bench.results, late), false, `${what} is there after its ttl`)
}

async function takesTheLastTtl(bench: Workbench, { what, write, isThere }: Mortal): Promise<void> {
  const [prolonged, shortened] = [bench.name(), bench.name()]
  await write(bench.results, shortened, YEAR_MS)
  const startedAt = bench.now()
  await write(bench.results, prolonged, bench.shortTtlMs)
  await write(bench.results, prolonged, YEAR_MS)
  bench.inTime(startedAt, bench.shortTtlMs)
  await write(bench.results, shortened, bench.shortTtlMs)
  await bench.sleep(pastEnd(bench))
  same(await isThere(bench.results, prolonged), true, `${what} is there, having been prolonged`)
  same(await isThere(bench.results, shortened), false, `${what} is there, having been shortened`)
}
