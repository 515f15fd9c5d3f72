import { isFinal } from '@bananasjs/core/contract'
import type { ResultBackend, ResultRecord } from '@bananasjs/core/contract'
import { pause, resultMutant } from './mutant.ts'
import type { Mutant } from './mutant.ts'

type Watch = NonNullable<ResultBackend['watch']>

export const WATCH_MUTANTS: readonly Mutant[] = [
  watchMutant(
    'looks once',
    ['WATCH-1', 'WATCH-3'],
    (base) =>
      async function* (ids) {
        yield* await finals(base, ids)
      },
  ),
  watchMutant(
    'hears news only',
    ['WATCH-2'],
    (base) =>
      async function* (ids, options) {
        const old = await finals(base, ids)
        if (old.length > 0) await pause(60_000)
        yield* base.watch!(ids, options)
      },
  ),
  watchMutant(
    'yields any state',
    ['WATCH-3'],
    (base) =>
      async function* (ids) {
        for (
          let records = [] as readonly (ResultRecord | undefined)[];
          records.length === 0;
          await pause(5)
        ) {
          records = (await base.get(ids)).filter((one) => one !== undefined)
          yield* records as readonly ResultRecord[]
        }
      },
  ),
  watchMutant(
    'yields twice',
    ['WATCH-4'],
    (base) =>
      async function* (ids, options) {
        for await (const one of base.watch!(ids, options)) yield* [one, one]
      },
  ),
  watchMutant(
    'waits for each id that was given',
    ['WATCH-4'],
    (base) =>
      async function* (ids, options) {
        for (const id of ids) yield* base.watch!([id], options)
      },
  ),
  watchMutant(
    'looks before it listens',
    ['WATCH-5'],
    (base) =>
      async function* (ids, options) {
        const early = new Set((await finals(base, ids)).map(({ id }) => id))
        await pause(2)
        const missed = (await finals(base, ids)).some(({ id }) => !early.has(id))
        if (missed) await pause(60_000)
        yield* base.watch!(ids, options)
      },
  ),
  watchMutant(
    'waits when there is nothing to wait for',
    ['WATCH-6'],
    (base) =>
      async function* (ids, options) {
        if (ids.length === 0) await pause(60_000)
        yield* base.watch!(ids, options)
      },
  ),
  resultMutant('remembers an end for ever', ['WATCH-7'], () => {
    const ends = new Map<string, ResultRecord>()
    return (base) => ({
      put(records) {
        for (const one of records) if (isFinal(one.state) && !ends.has(one.id)) ends.set(one.id, one)
        return base.put(records)
      },
      async *watch(ids, options) {
        yield* ids.flatMap((id) => ends.get(id) ?? [])
        yield* base.watch!(
          ids.filter((id) => !ends.has(id)),
          options,
        )
      },
    })
  }),
  watchMutant('asks no signal while it watches', ['WATCH-8'], (base) => (ids) => base.watch!(ids)),
  watchMutant(
    'ends an aborted watch as if all were done',
    ['WATCH-8'],
    (base) =>
      async function* (ids, options) {
        try {
          yield* base.watch!(ids, options)
        } catch (error) {
          if (options?.signal?.aborted !== true) throw error
        }
      },
  ),
  watchMutant('ends all its watches with the first', ['WATCH-9'], (base) => {
    const leaving = new AbortController()
    return async function* (ids, options) {
      try {
        yield* base.watch!(ids, { signal: options?.signal ?? leaving.signal })
      } finally {
        leaving.abort()
      }
    }
  }),
  watchMutant(
    'watches five hundred at most',
    ['WATCH-10'],
    (base) => (ids, options) => base.watch!(ids.slice(0, 500), options),
  ),
  watchMutant(
    'ends its watch quietly when it is closed',
    ['RESULTS-7'],
    (base) =>
      async function* (ids, options) {
        try {
          yield* base.watch!(ids, options)
        } catch (error) {
          if (options?.signal?.aborted === true) throw error
        }
      },
  ),
  resultMutant('watches without saying so', ['WATCH-1', 'WATCH-8', 'RESULTS-7'], () => (base) => ({
    supports: Object.freeze({ ...base.supports, watch: false }),
  })),
]

function watchMutant(name: string, kills: readonly string[], make: (base: ResultBackend) => Watch): Mutant {
  return resultMutant(name, kills, () => (base) => ({ watch: make(base) }))
}

async function finals(base: ResultBackend, ids: readonly string[]): Promise<readonly ResultRecord[]> {
  return (await base.get(ids)).filter((one) => one !== undefined && isFinal(one.state)) as ResultRecord[]
}
