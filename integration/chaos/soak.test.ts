import { expect, test } from 'vitest'
import { STARTERS } from '../matrix/starters.ts'
import { runOn } from './run-on.ts'
import { soak } from './soak.ts'

/** The long run in small: the one of a million tasks is made by hand, and its report is kept in the docs. */
test('nothing is lost on Redis while workers and server are killed, and every promise is kept', async () => {
  const redis = STARTERS.find(({ name }) => name === 'Redis with its log')!
  const [tasks, kills, restarts] = [12_000, 10, 3]
  const report = await runOn(redis, soak({ tasks, rate: 400, kills, restarts }), { concurrency: 50 })
  expect(report.reasons).toEqual(['every expectation and every invariant held, and every fault bit'])
  expect(report.groups.fault).toMatchObject({ lost: 0, unfinished: 0 })
  expect(report.faults.map(({ bites }) => bites)).toEqual([kills, restarts])
})
