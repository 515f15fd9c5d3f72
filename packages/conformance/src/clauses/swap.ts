import type { ResultBackend } from '@bananasjs/core/contract'
import { rejectsWith, same, sameBytes } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { LONG_NAMES, ODD_NAMES } from '../odd-names.ts'
import { ALL_BYTES, bytes, HOUR_MS, putAll, record, recordOf, sameFact, sameRecord } from '../records.ts'

const MIB = 1024 * 1024
/** Beyond this, a limit is not tried: it would cost more memory than a test should. */
const LARGEST = 64 * MIB

type Fact = string | Uint8Array | null

export const SWAP_CLAUSES: readonly Clause[] = [
  resultClause('SWAP-1', 'an absent key is taken by expecting null, and every client reads it', {
    async run(bench) {
      const key = bench.name()
      await sees(bench.results, key, null, 'an unknown key')
      sameFact(await swap(bench.results, key, null, 'mine'), 'mine', 'taking an absent key')
      await sees((await bench.connect()).results!, key, 'mine', 'the taken key')
    },
  }),
  resultClause('SWAP-2', 'a swap that expects something else changes nothing and returns what is stored', {
    async run(bench) {
      const key = bench.name()
      await swap(bench.results, key, null, 'mine')
      for (const expected of [null, 'other', 'min', 'mine!', '']) {
        for (const next of ['yours', null]) {
          if (expected === null && next === null) continue
          const what = `expecting ${expected} to make it ${next}`
          sameFact(await swap(bench.results, key, expected, next), 'mine', what)
          await sees(bench.results, key, 'mine', `the key after ${what}`)
        }
      }
    },
  }),
  resultClause('SWAP-3', 'a swap that expects what is stored replaces or removes it', {
    async run(bench) {
      const key = bench.name()
      await swap(bench.results, key, null, 'first')
      sameFact(await swap(bench.results, key, 'first', 'second'), 'second', 'replacing')
      await sees(bench.results, key, 'second', 'the replaced key')
      sameFact(await swap(bench.results, key, 'second', null), null, 'removing')
      await sees(bench.results, key, null, 'the removed key')
      sameFact(await swap(bench.results, key, null, 'third'), 'third', 'taking a removed key')
    },
  }),
  resultClause('SWAP-4', 'expecting a value of an absent key stores nothing and returns null', {
    async run(bench) {
      const key = bench.name()
      sameFact(
        await swap(bench.results, key, 'something', 'mine'),
        null,
        'expecting something of an absent key',
      )
      sameFact(await swap(bench.results, key, '', 'mine'), null, 'expecting empty bytes of an absent key')
      sameFact(await swap(bench.results, key, 'something', null), null, 'removing an absent key')
      await sees(bench.results, key, null, 'the key')
    },
  }),
  resultClause('SWAP-5', 'no bytes at all are a value, not an absence', {
    async run(bench) {
      const key = bench.name()
      sameFact(await swap(bench.results, key, null, ''), '', 'storing no bytes')
      await sees(bench.results, key, '', 'the key')
      sameFact(await swap(bench.results, key, null, 'mine'), '', 'expecting null')
      sameFact(await swap(bench.results, key, '', 'mine'), 'mine', 'expecting no bytes')
    },
  }),
  resultClause('SWAP-6', 'bytes are kept and compared exactly', {
    async run(bench) {
      const key = bench.name()
      sameFact(await swap(bench.results, key, null, ALL_BYTES), ALL_BYTES, 'storing every byte')
      sameFact(
        await swap(bench.results, key, ALL_BYTES, Uint8Array.of(0xff)),
        Uint8Array.of(0xff),
        'comparing',
      )
      // Neither is UTF-8: as text both would be the same replacement character.
      sameFact(
        await swap(bench.results, key, Uint8Array.of(0xfe), 'mine'),
        Uint8Array.of(0xff),
        'another byte',
      )
      sameFact(
        await swap(bench.results, key, Uint8Array.of(0xff, 0), 'mine'),
        Uint8Array.of(0xff),
        'a longer one',
      )
      sameFact(await swap(bench.results, key, Uint8Array.of(0xff), 'mine'), 'mine', 'the same byte')
    },
  }),
  resultClause(
    'SWAP-7',
    'of many that take one key at the same time exactly one wins, and all are told who',
    {
      async run(bench) {
        const clients = [bench.results, (await bench.connect()).results!, (await bench.connect()).results!]
        for (let round = 0; round < 5; round += 1) {
          const key = bench.name()
          const answers = await Promise.all(
            Array.from({ length: 30 }, (_, index) => swap(clients[index % 3]!, key, null, `taker ${index}`)),
          )
          const told = answers.map((answer) => answer && Buffer.from(answer).toString())
          same(new Set(told).size, 1, 'different winners')
          same(told.filter((winner, index) => winner === `taker ${index}`).length, 1, 'takers that won')
          await sees(clients[round % 3]!, key, told[0]!, 'the key')
        }
      },
    },
  ),
  resultClause('SWAP-8', 'clients that count by swapping lose no count', {
    async run(bench) {
      const key = bench.name()
      const clients = [bench.results, (await bench.connect()).results!, (await bench.connect()).results!]
      const count = async (results: ResultBackend, client: number): Promise<void> => {
        let stored: string | null = null
        for (let done = 0, tries = 0; done < 10; tries += 1) {
          // Unlike any other try, or a loser could take the winner's equal count for its own.
          const mine: string = `${Number(stored?.split(' ')[0] ?? 0) + 1} by ${client} at try ${tries}`
          stored = text(await swap(results, key, stored, mine))
          if (stored === mine) done += 1
        }
      }
      await bench.within('counting', Promise.all(clients.map(count)))
      const total = text(await swap(bench.results, key, null, null))
      same(total?.split(' ')[0], '30', 'the count after three clients counted to ten each')
    },
  }),
  resultClause('SWAP-9', 'keys, result ids and joins of the same name are apart', {
    async run(bench) {
      const name = bench.name()
      await putAll(bench.results, record(name, 'running', 'the record'))
      await sees(bench.results, name, null, 'a key named like a record')
      same(await bench.results.arrive(name, [7], HOUR_MS), 1, 'arrivals at a join named like a record')
      await sees(bench.results, name, null, 'a key named like a join')
      sameFact(await swap(bench.results, name, null, 'the key'), 'the key', 'taking the key')
      await putAll(bench.results, record(name, 'succeeded', 'the end'))
      await sees(bench.results, name, 'the key', 'the key after another put')
      sameFact(await swap(bench.results, name, 'the key', null), null, 'removing the key')
      sameRecord(await recordOf(bench.results, name), record(name, 'succeeded', 'the end'), 'the record')
      same(await bench.results.arrive(name, [], HOUR_MS), 1, 'arrivals at the join')
    },
  }),
  resultClause('SWAP-10', 'keys of any spelling work, and keys that look alike stay apart', {
    async run(bench) {
      const run = bench.name()
      const keys = [...ODD_NAMES, ...LONG_NAMES]
      await Promise.all(
        keys.map(async (key) => {
          // A key of this name may be left of an earlier run.
          const before = await swap(bench.results, key, null, null)
          sameFact(
            await swap(bench.results, key, before, `${run} ${key}`),
            `${run} ${key}`,
            `key ${JSON.stringify(key)}`,
          )
        }),
      )
      for (const key of keys) await sees(bench.results, key, `${run} ${key}`, `key ${JSON.stringify(key)}`)
      await Promise.all(keys.map((key) => swap(bench.results, key, `${run} ${key}`, null)))
    },
  }),
  resultClause('SWAP-11', 'values are copied, on the way in and on the way out', {
    async run(bench) {
      const key = bench.name()
      const mine = Buffer.from('as it was')
      const stored = await bench.results.swap(key, null, mine, HOUR_MS)
      mine.fill(0)
      sameBytes(stored, Buffer.from('as it was'), 'the answer, after the buffer was reused')
      stored!.fill(0)
      await sees(bench.results, key, 'as it was', 'the key after its answer was written into')
    },
  }),
  resultClause(
    'SWAP-12',
    'a value above maxValueBytes is refused with TOO_LARGE, and the key stays as it was',
    {
      when: ({ maxValueBytes }) => maxValueBytes <= LARGEST,
      otherwise: {
        sentence: 'a value of 1 MiB is swapped in unchanged',
        run: (bench) => swapsIn(bench.results, bench.name(), MIB),
      },
      async run(bench) {
        const key = bench.name()
        await swap(bench.results, key, null, 'mine')
        const large = new Uint8Array(bench.results.supports.maxValueBytes + 1)
        await rejectsWith(
          () => bench.results.swap(key, bytes('mine'), large, HOUR_MS),
          'TOO_LARGE',
          'a large swap',
        )
        await sees(bench.results, key, 'mine', 'the key')
        await swapsIn(bench.results, bench.name(), Math.min(MIB, bench.results.supports.maxValueBytes))
      },
    },
  ),
]

async function swapsIn(results: ResultBackend, key: string, length: number): Promise<void> {
  const large = Uint8Array.from({ length }, (_, index) => (index * 31) % 251)
  sameFact(await swap(results, key, null, large), large, `swapping in ${length} bytes`)
  sameFact(await swap(results, key, large, null), null, `expecting ${length} bytes`)
}

function swap(results: ResultBackend, key: string, expected: Fact, next: Fact): Promise<Uint8Array | null> {
  return results.swap(key, toBytes(expected), toBytes(next), expected === null && next === null ? 0 : HOUR_MS)
}

async function sees(results: ResultBackend, key: string, expected: Fact, what: string): Promise<void> {
  sameFact(await results.swap(key, null, null, 0), expected, what)
}

function toBytes(fact: Fact): Uint8Array | null {
  return fact === null ? null : bytes(fact)
}

function text(fact: Uint8Array | null): string | null {
  return fact && Buffer.from(fact).toString()
}
