import assert from 'node:assert/strict'
import type { ResultBackend } from '@bananasjs/core/contract'
import { failsWith, noFailures, rejectsWith, rejectsWithReason, same } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { bytes, HOUR_MS, putAll, record, recordOf, sameFact, sameRecord } from '../records.ts'
import type { Workbench } from '../workbench.ts'

const MIB = 1024 * 1024
/** Beyond this, a limit is not tried: it would cost more memory than a test should. */
const LARGEST = 64 * MIB

/** The backend as a whole: what it declares, its limits, abort and close. */
export const RESULT_CLAUSES: readonly Clause[] = [
  resultClause(
    'RESULTS-1',
    'the backend is named by its product, and declares every capability within its range',
    {
      async run({ results: { name, supports } }) {
        assert.match(name, /^[a-z][a-z0-9-]*$/)
        const { durability, watch, maxValueBytes, clockMs } = supports
        assert.ok(['memory', 'process', 'disk', 'quorum'].includes(durability), `durability is ${durability}`)
        same(typeof watch, 'boolean', 'the type of watch')
        assert.ok(maxValueBytes >= 4096, `maxValueBytes is ${maxValueBytes}, a backend takes 4096 at least`)
        assert.ok(clockMs > 0 && Number.isFinite(clockMs), `clockMs is ${clockMs}`)
      },
    },
  ),
  resultClause('RESULTS-2', 'a record above maxValueBytes fails with TOO_LARGE, its neighbours do not', {
    when: ({ maxValueBytes }) => maxValueBytes <= LARGEST,
    otherwise: { sentence: 'a value of 1 MiB passes unchanged', run: (bench) => passes(bench, MIB) },
    async run(bench) {
      const large = new Uint8Array(bench.results.supports.maxValueBytes + 1)
      const records = [
        record(bench.name(), 'failed'),
        record(bench.name(), 'failed', large),
        record(bench.name(), 'failed'),
      ]
      failsWith(await bench.results.put(records), { 1: 'TOO_LARGE' }, 'a put with one value too large')
      const got = await bench.results.get(records.map(({ id }) => id))
      same(
        got.map((one) => one?.state),
        ['failed', undefined, 'failed'],
        'states',
      )
    },
  }),
  resultClause('RESULTS-3', 'a large value passes unchanged, up to maxValueBytes', {
    run: (bench) => passes(bench, Math.min(MIB, bench.results.supports.maxValueBytes)),
  }),
  resultClause(
    'RESULTS-4',
    'a signal that is aborted already rejects with its own reason, and nothing is done',
    {
      async run(bench) {
        const reason = { why: 'changed my mind' }
        const signal = AbortSignal.abort(reason)
        const id = bench.name()
        await rejectsWithReason(() => bench.results.put([record(id, 'failed')], { signal }), reason, 'put')
        await rejectsWithReason(() => bench.results.get([id], { signal }), reason, 'get')
        const { results } = await bench.fresh()
        await rejectsWithReason(() => results!.open({ signal }), reason, 'open')
        same(await recordOf(bench.results, id), undefined, 'the record whose put was aborted')
        await putAll(bench.results, record(id, 'succeeded'))
      },
    },
  ),
  resultClause('RESULTS-5', 'open and close may be called twice, and at the same time', {
    async run(bench) {
      const results = (await bench.fresh()).results!
      await bench.within('opening twice at once', Promise.all([results.open(), results.open()]))
      await bench.within('opening again', results.open())
      await putAll(results, record(bench.name(), 'succeeded'))
      await bench.within('closing twice at once', Promise.all([results.close(), results.close()]))
      await bench.within('closing again', results.close())
      await bench.within('leaving an await using scope', Promise.resolve(results[Symbol.asyncDispose]()))
    },
  }),
  resultClause('RESULTS-6', 'every method of a closed backend rejects with CLOSED', {
    async run(bench) {
      const results = (await bench.connect()).results!
      await results.close()
      for (const [name, call] of callsOf(results, bench))
        await rejectsWith(() => bench.within(name, call()), 'CLOSED', name)
    },
  }),
  resultClause('RESULTS-7', 'closing a backend ends its waiting watch with CLOSED', {
    when: ({ watch }) => watch,
    otherwise: {
      sentence: 'a backend that cannot watch has no watch',
      run: async ({ results }) => same(results.watch === undefined, true, 'watch is absent'),
    },
    async run(bench) {
      const results = (await bench.connect()).results!
      const waiting = drain(results, bench.name())
      waiting.catch(() => undefined) // judged below
      await bench.sleep(bench.quietMs)
      await bench.within('close', results.close())
      await rejectsWith(() => bench.within('the waiting watch', waiting), 'CLOSED', 'a watch that waits')
    },
  }),
  resultClause('RESULTS-8', 'what a client put outlives it, and closing it leaves other clients alone', {
    async run(bench) {
      const other = (await bench.connect()).results!
      const name = bench.name()
      await putAll(other, record(name, 'succeeded'))
      await other.swap(name, null, bytes('mine'), HOUR_MS)
      await other.arrive(name, [1], HOUR_MS)
      await other[Symbol.asyncDispose]()
      await rejectsWith(() => other.get([name]), 'CLOSED', 'get on the closed client')
      sameRecord(await recordOf(bench.results, name), record(name, 'succeeded'), 'the record')
      sameFact(await bench.results.swap(name, null, null, 0), 'mine', 'the key')
      same(await bench.results.arrive(name, [2], HOUR_MS), 2, 'arrivals')
    },
  }),
  resultClause('RESULTS-9', 'closing the results leaves the other parts of their transport usable', {
    async run(bench) {
      const { broker, results, channel } = await bench.connect()
      await results!.close()
      noFailures(await broker.publish(bench.name(), [bench.message()]), 'publish')
      if (channel !== undefined) await channel.broadcast(bench.name(), bytes('hello'))
    },
  }),
]

async function passes(bench: Workbench, length: number): Promise<void> {
  const value = Uint8Array.from({ length }, (_, index) => (index * 31) % 251)
  const put = record(bench.name(), 'succeeded', value)
  await putAll(bench.results, put)
  sameRecord(await recordOf(bench.results, put.id), put, `a value of ${length} bytes`)
}

function* callsOf(
  results: ResultBackend,
  bench: Workbench,
): Generator<readonly [string, () => Promise<unknown>]> {
  const name = bench.name()
  yield ['open', () => results.open()]
  yield ['put', () => results.put([record(name, 'failed')])]
  yield ['get', () => results.get([name])]
  yield ['swap', () => results.swap(name, null, bytes('mine'), HOUR_MS)]
  yield ['swap that reads', () => results.swap(name, null, null, 0)]
  yield ['arrive', () => results.arrive(name, [1], HOUR_MS)]
  if (results.watch !== undefined) yield ['watch', () => drain(results, name)]
}

async function drain(results: ResultBackend, id: string): Promise<void> {
  for await (const one of results.watch!([id])) assert.fail(`watch yielded ${one.id}, which nobody put`)
}
