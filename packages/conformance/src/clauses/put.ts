import assert from 'node:assert/strict'
import { noFailures, same } from '../checks.ts'
import { resultClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { LONG_NAMES, ODD_NAMES } from '../odd-names.ts'
import { ALL_BYTES, FINAL_STATES, putAll, record, recordOf, sameRecord, STATES } from '../records.ts'

export const PUT_CLAUSES: readonly Clause[] = [
  resultClause('PUT-1', 'what was put is there for every client once put resolves, in every state', {
    async run(bench) {
      const other = (await bench.connect()).results!
      for (const state of STATES) {
        const put = record(bench.name(), state)
        await putAll(bench.results, put)
        sameRecord(await recordOf(other, put.id), put, `a record in state ${state}`)
      }
    },
  }),
  resultClause('PUT-2', 'get answers in the order it was asked, with undefined for what is unknown', {
    async run(bench) {
      const [a, b, c] = STATES.slice(0, 3).map((state) => record(bench.name(), state))
      await putAll(bench.results, a!, b!, c!)
      const ids = [c!.id, bench.name(), a!.id, b!.id, c!.id]
      const got = await bench.results.get(ids)
      same(
        got.map((one) => one?.id),
        [c!.id, undefined, a!.id, b!.id, c!.id],
        'ids of the records',
      )
      same(
        got.map((one) => one?.state),
        [c!.state, undefined, a!.state, b!.state, c!.state],
        'states of the records',
      )
    },
  }),
  resultClause('PUT-3', 'an empty batch is no failure', {
    async run(bench) {
      noFailures(await bench.results.put([]), 'put of nothing')
      same(await bench.results.get([]), [], 'records of no ids')
    },
  }),
  resultClause('PUT-4', 'any bytes are kept as they are, none at all included', {
    async run(bench) {
      const records = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(0xff, 0xfe), ALL_BYTES].map(
        (value) => record(bench.name(), 'succeeded', value),
      )
      await putAll(bench.results, ...records)
      const got = await (await bench.connect()).results!.get(records.map(({ id }) => id))
      for (const [index, put] of records.entries())
        sameRecord(got[index], put, `a value of ${put.value.length} bytes`)
    },
  }),
  resultClause('PUT-5', 'queued and running give way to any later state', {
    async run(bench) {
      for (const earlier of ['queued', 'running'] as const) {
        for (const later of STATES) {
          const id = bench.name()
          await putAll(bench.results, record(id, earlier, 'first'))
          await putAll(bench.results, record(id, later, 'second'))
          sameRecord(
            await recordOf(bench.results, id),
            record(id, later, 'second'),
            `${later} after ${earlier}`,
          )
        }
      }
    },
  }),
  resultClause(
    'PUT-6',
    'a final state is never overwritten; what comes after it is dropped without failure',
    {
      async run(bench) {
        const other = (await bench.connect()).results!
        for (const final of FINAL_STATES) {
          for (const later of STATES.filter((state) => state !== 'queued')) {
            const id = bench.name()
            await putAll(bench.results, record(id, final, 'the end'))
            await putAll(other, record(id, later, 'too late'))
            sameRecord(
              await recordOf(bench.results, id),
              record(id, final, 'the end'),
              `${later} after ${final}`,
            )
          }
        }
      },
    },
  ),
  resultClause('PUT-7', 'queued starts a new life after any state, which may end in another way', {
    async run(bench) {
      for (const final of FINAL_STATES) {
        const id = bench.name()
        await putAll(bench.results, record(id, final, 'first life'))
        await putAll(bench.results, record(id, 'queued', 'born again'))
        sameRecord(
          await recordOf(bench.results, id),
          record(id, 'queued', 'born again'),
          `queued after ${final}`,
        )
        await putAll(bench.results, record(id, 'running'))
        await putAll(bench.results, record(id, 'cancelled', 'second end'))
        sameRecord(
          await recordOf(bench.results, id),
          record(id, 'cancelled', 'second end'),
          `the second life after ${final}`,
        )
      }
    },
  }),
  resultClause('PUT-8', 'records of one id in one batch count in their order', {
    async run(bench) {
      const id = bench.name()
      const lives = [record(id, 'running'), record(id, 'succeeded', 'won'), record(id, 'failed', 'lost')]
      await putAll(bench.results, ...lives)
      sameRecord(await recordOf(bench.results, id), lives[1]!, 'running, succeeded and failed in one batch')
    },
  }),
  resultClause('PUT-9', 'of final states put at the same time one wins, and stays', {
    async run(bench) {
      const clients = [bench.results, (await bench.connect()).results!, (await bench.connect()).results!]
      const ids = Array.from({ length: 20 }, () => bench.name())
      const views = await Promise.all(
        clients.map(async (client, index) => {
          await Promise.all(ids.map((id) => putAll(client, record(id, FINAL_STATES[index]!, `by ${index}`))))
          return client.get(ids)
        }),
      )
      // One's own put is done, so a final state is stored, and what is seen now stays.
      const states = views.map((view) => view.map((one) => one?.state))
      for (const seen of states) same(seen, states[0], 'final states as another client sees them')
      for (const one of await bench.results.get(ids)) {
        assert.ok(one !== undefined, 'one of the records that were put at the same time is there')
        sameRecord(
          one,
          record(one.id, one.state, `by ${FINAL_STATES.indexOf(one.state)}`),
          'the record that won',
        )
      }
      same(
        (await bench.results.get(ids)).map((one) => one?.state),
        states[0],
        'final states afterwards',
      )
    },
  }),
  resultClause('PUT-10', 'a thousand records pass in one put and one get', {
    async run(bench) {
      const records = Array.from({ length: 1000 }, (_, index) =>
        record(bench.name(), STATES[index % STATES.length]!, `value ${index}`),
      )
      await putAll(bench.results, ...records)
      const got = await bench.results.get(records.map(({ id }) => id))
      same(got.length, records.length, 'records')
      for (const [index, put] of records.entries()) sameRecord(got[index], put, `record ${index}`)
    },
  }),
  resultClause('PUT-11', 'ids of any spelling work, and ids that look alike stay apart', {
    async run(bench) {
      const run = bench.name()
      const records = [...ODD_NAMES, ...LONG_NAMES].map((id) => record(id, 'queued', `${run} ${id}`))
      await putAll(bench.results, ...records)
      const got = await bench.results.get(records.map(({ id }) => id))
      for (const [index, put] of records.entries())
        sameRecord(got[index], put, `id ${JSON.stringify(put.id)}`)
    },
  }),
  resultClause('PUT-12', 'values are copied, on the way in and on the way out', {
    async run(bench) {
      const value = Buffer.from('as it was')
      const put = record(bench.name(), 'succeeded', Buffer.from(value))
      await putAll(bench.results, put)
      put.value.fill(0)
      const got = await recordOf(bench.results, put.id)
      sameRecord(got, { ...put, value }, 'a record whose buffer was reused')
      got!.value.fill(0)
      sameRecord(
        await recordOf(bench.results, put.id),
        { ...put, value },
        'a record whose reader wrote into it',
      )
    },
  }),
]
