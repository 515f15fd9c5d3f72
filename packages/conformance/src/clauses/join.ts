import { rejectsWith, same } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { LONG_NAMES, ODD_NAMES } from '../odd-names.ts'
import { HOUR_MS } from '../records.ts'

const LAST = 2 ** 20

export const JOIN_CLAUSES: readonly Clause[] = [
  resultClause('JOIN-1', 'arrive counts distinct positions, for all clients together', {
    async run(bench) {
      const join = bench.name()
      const other = (await bench.connect()).results!
      same(await bench.results.arrive(join, [3], HOUR_MS), 1, 'arrivals after the first')
      same(await other.arrive(join, [0, 9], HOUR_MS), 3, 'arrivals after two more')
      same(await bench.results.arrive(join, [1], HOUR_MS), 4, 'arrivals after one more')
    },
  }),
  resultClause('JOIN-2', 'a position that arrives again counts once', {
    async run(bench) {
      const join = bench.name()
      same(await bench.results.arrive(join, [5, 5, 5], HOUR_MS), 1, 'arrivals of one position given thrice')
      same(await bench.results.arrive(join, [5], HOUR_MS), 1, 'arrivals of the same position again')
      same(await bench.results.arrive(join, [4, 5, 6], HOUR_MS), 3, 'arrivals of its neighbours and itself')
      const row = (from: number, to: number): number[] =>
        Array.from({ length: to - from }, (_, at) => from + at)
      same(await bench.results.arrive(join, row(3, 41), HOUR_MS), 38, 'arrivals of a row around them')
      same(
        await bench.results.arrive(join, row(23, 65).reverse(), HOUR_MS),
        62,
        'arrivals of a row that overlaps it',
      )
      same(await bench.results.arrive(join, [70, 2, 64, 65], HOUR_MS), 65, 'arrivals beside the rows')
    },
  }),
  resultClause('JOIN-3', 'arrive with no positions only counts', {
    async run(bench) {
      const join = bench.name()
      same(await bench.results.arrive(join, [], HOUR_MS), 0, 'arrivals at a new join')
      await bench.results.arrive(join, [1, 2], HOUR_MS)
      same(await bench.results.arrive(join, [], HOUR_MS), 2, 'arrivals')
    },
  }),
  resultClause('JOIN-4', 'positions may be anything from 0 to 2^20', {
    async run(bench) {
      const join = bench.name()
      const positions = [0, 1, 7, 8, 63, 64, 65_535, 65_536, LAST - 1, LAST]
      for (const [index, position] of positions.entries())
        same(
          await bench.results.arrive(join, [position], HOUR_MS),
          index + 1,
          `arrivals after position ${position}`,
        )
      same(
        await bench.results.arrive(join, positions, HOUR_MS),
        positions.length,
        'arrivals of all of them again',
      )
    },
  }),
  resultClause('JOIN-5', 'an impossible position is refused with INVALID, and none of its call arrives', {
    async run(bench) {
      const join = bench.name()
      for (const wrong of [-1, LAST + 1, 1.5, Number.NaN, Infinity, 2 ** 32])
        await rejectsWith(
          () => bench.results.arrive(join, [1, wrong, 2], HOUR_MS),
          'INVALID',
          `position ${wrong}`,
        )
      same(await bench.results.arrive(join, [], HOUR_MS), 0, 'arrivals after refused ones only')
    },
  }),
  resultClause(
    'JOIN-6',
    'of members that arrive at the same time each is told another count, so that one is the last',
    {
      async run(bench) {
        const clients = [bench.results, (await bench.connect()).results!, (await bench.connect()).results!]
        for (let round = 0; round < 3; round += 1) {
          const join = bench.name()
          const counts = await Promise.all(
            Array.from({ length: 30 }, (_, index) =>
              clients[index % 3]!.arrive(join, [index * 1000], HOUR_MS),
            ),
          )
          same(
            counts.toSorted((a, b) => a - b),
            Array.from({ length: 30 }, (_, index) => index + 1),
            'the counts told',
          )
        }
      },
    },
  ),
  resultClause('JOIN-7', 'ten thousand positions arrive in one call, and again without effect', {
    async run(bench) {
      const join = bench.name()
      const positions = Array.from({ length: 10_000 }, (_, index) => index * 3)
      same(await bench.results.arrive(join, positions, HOUR_MS), 10_000, 'arrivals')
      same(
        await bench.results.arrive(join, [...positions, 1].toReversed(), HOUR_MS),
        10_001,
        'arrivals of these and one',
      )
    },
  }),
  resultClause('JOIN-8', 'joins of any spelling work, and joins that look alike stay apart', {
    async run(bench) {
      const run = bench.name()
      const joins = [...ODD_NAMES.map((name) => name + run), ...LONG_NAMES.map((name) => run + name)]
      const counts = await Promise.all(
        joins.map((join, index) => bench.results.arrive(join, [index], HOUR_MS)),
      )
      for (const [index, join] of joins.entries())
        same(counts[index], 1, `arrivals at ${JSON.stringify(join)}`)
    },
  }),
]
