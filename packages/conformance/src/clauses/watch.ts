import assert from 'node:assert/strict'
import type { ResultBackend, ResultRecord, ResultSupports } from '@bananasjs/core/contract'
import { rejectsWithReason, same } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { ALL_BYTES, FINAL_STATES, putAll, record, sameRecord } from '../records.ts'
import type { Workbench } from '../workbench.ts'

const WATCHES = {
  when: ({ watch }: ResultSupports): boolean => watch,
  otherwise: {
    sentence: 'a backend that cannot watch has no watch',
    run: async ({ results }: Workbench): Promise<void> =>
      same(results.watch === undefined, true, 'watch is absent'),
  },
}

export const WATCH_CLAUSES: readonly Clause[] = [
  resultClause(
    'WATCH-1',
    'watch yields each record once it is final, whoever put it, and ends after the last',
    {
      ...WATCHES,
      async run(bench) {
        const other = (await bench.connect()).results!
        const records = FINAL_STATES.map((state) => record(bench.name(), state, ALL_BYTES))
        const watching = collect(
          bench.results,
          records.map(({ id }) => id),
        )
        await bench.sleep(bench.quietMs)
        for (const put of records) await putAll(other, put)
        await yields(bench, watching, records)
      },
    },
  ),
  resultClause('WATCH-2', 'watch yields at once what is final already', {
    ...WATCHES,
    async run(bench) {
      const records = FINAL_STATES.map((state) => record(bench.name(), state))
      await putAll(bench.results, ...records)
      await yields(
        bench,
        collect(
          bench.results,
          records.map(({ id }) => id),
        ),
        records,
      )
    },
  }),
  resultClause('WATCH-3', 'watch says nothing of records that are queued or running', {
    ...WATCHES,
    async run(bench) {
      const id = bench.name()
      await putAll(bench.results, record(id, 'queued'))
      const seen: ResultRecord[] = []
      const watching = collect(bench.results, [id], seen)
      await bench.sleep(bench.quietMs)
      await putAll(bench.results, record(id, 'running', 'half done'))
      await bench.sleep(bench.quietMs)
      same(
        seen.map(({ state }) => state),
        [],
        'states that were yielded before the end',
      )
      await putAll(bench.results, record(id, 'failed'))
      await yields(bench, watching, [record(id, 'failed')])
    },
  }),
  resultClause('WATCH-4', 'an id that is given twice, or put twice, is yielded once', {
    ...WATCHES,
    async run(bench) {
      const [twice, last] = [record(bench.name(), 'succeeded'), record(bench.name(), 'succeeded')]
      const watching = collect(bench.results, [twice.id, last.id, twice.id])
      await bench.sleep(bench.quietMs)
      await putAll(bench.results, twice)
      await putAll(bench.results, { ...twice, state: 'failed' })
      await bench.sleep(bench.quietMs)
      await putAll(bench.results, last)
      await yields(bench, watching, [twice, last])
    },
  }),
  resultClause('WATCH-5', 'nothing falls between the first look and the watch', {
    ...WATCHES,
    async run(bench) {
      const other = (await bench.connect()).results!
      for (let round = 0; round < 30; round += 1) {
        const put = record(bench.name(), 'succeeded')
        const watching = collect(bench.results, [put.id])
        if (round % 5 > 0) await bench.sleep((round % 5) - 1)
        await putAll(round % 2 === 0 ? other : bench.results, put)
        await yields(bench, watching, [put])
      }
    },
  }),
  resultClause('WATCH-6', 'watching no ids ends at once', {
    ...WATCHES,
    run: (bench) => yields(bench, collect(bench.results, []), []),
  }),
  resultClause('WATCH-7', 'a watch after a new life began waits for its end', {
    ...WATCHES,
    async run(bench) {
      const id = bench.name()
      await putAll(bench.results, record(id, 'failed'))
      await putAll(bench.results, record(id, 'queued'))
      const seen: ResultRecord[] = []
      const watching = collect(bench.results, [id], seen)
      await bench.sleep(bench.quietMs)
      same(
        seen.map(({ state }) => state),
        [],
        'states that were yielded before the end of the new life',
      )
      await putAll(bench.results, record(id, 'succeeded'))
      await yields(bench, watching, [record(id, 'succeeded')])
    },
  }),
  resultClause('WATCH-8', 'an abort ends a watch with signal.reason, before it begins or while it waits', {
    ...WATCHES,
    async run(bench) {
      const reason = { why: 'changed my mind' }
      const id = bench.name()
      const begin = (signal: AbortSignal) => (): Promise<unknown> =>
        bench.within('an aborted watch', collect(bench.results, [id], [], signal))
      await rejectsWithReason(begin(AbortSignal.abort(reason)), reason, 'a watch whose signal is aborted')
      const controller = new AbortController()
      const watching = collect(bench.results, [id], [], controller.signal)
      await bench.sleep(bench.quietMs)
      controller.abort(reason)
      await rejectsWithReason(() => bench.within('an aborted watch', watching), reason, 'a watch that waits')
    },
  }),
  resultClause('WATCH-9', 'several watch the same id, and one that leaves takes nobody along', {
    ...WATCHES,
    async run(bench) {
      const [first, second] = [
        record(bench.name(), 'succeeded', 'first'),
        record(bench.name(), 'succeeded', 'second'),
      ]
      await putAll(bench.results, first)
      const staying = [collect(bench.results, [second.id]), collect(bench.results, [second.id])]
      for await (const one of bench.results.watch!([first.id, second.id])) {
        sameRecord(one, first, 'the first record')
        break
      }
      await bench.sleep(bench.quietMs)
      await putAll(bench.results, second)
      for (const watching of staying) await yields(bench, watching, [second])
    },
  }),
  resultClause('WATCH-10', 'a watch of a thousand ids yields them all', {
    ...WATCHES,
    async run(bench) {
      const records = Array.from({ length: 1000 }, (_, index) =>
        record(bench.name(), 'succeeded', `value ${index}`),
      )
      await putAll(bench.results, ...records.slice(0, 300))
      const watching = collect(
        bench.results,
        records.map(({ id }) => id),
      )
      for (let at = 300; at < 1000; at += 100) await putAll(bench.results, ...records.slice(at, at + 100))
      await yields(bench, watching, records)
    },
  }),
]

/** The promise may be left alone: what becomes of it is judged where it is awaited. */
function collect(
  results: ResultBackend,
  ids: readonly string[],
  into: ResultRecord[] = [],
  signal?: AbortSignal,
): Promise<readonly ResultRecord[]> {
  const watching = gather(results, ids, into, signal)
  watching.catch(() => undefined)
  return watching
}

async function gather(
  results: ResultBackend,
  ids: readonly string[],
  into: ResultRecord[],
  signal: AbortSignal | undefined,
): Promise<readonly ResultRecord[]> {
  assert.ok(results.watch !== undefined, 'a backend that declares watch has it')
  for await (const one of results.watch(ids, { signal })) into.push(one)
  return into
}

/** Exactly these, in any order, then the end. */
async function yields(
  bench: Workbench,
  watching: Promise<readonly ResultRecord[]>,
  expected: readonly ResultRecord[],
): Promise<void> {
  const seen = await bench.within('the watch', watching)
  same(seen.map(({ id }) => id).toSorted(), expected.map(({ id }) => id).toSorted(), 'ids that were yielded')
  const byId = new Map(seen.map((one) => [one.id, one]))
  for (const one of expected) sameRecord(byId.get(one.id), one, 'a yielded record')
}
