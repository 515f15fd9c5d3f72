import { describe, expect, test } from 'vitest'
import { STARTERS } from '../matrix/starters.ts'
import { BAD_DAY, OUTAGE, paced } from './fixed-set.ts'
import { runOn } from './run-on.ts'

/** Clusters go through the same in the suite (`chaos:suite`), and through changes of their leader in the matrix. */
const SINGLE = STARTERS.filter(({ can }) => !can.includes('failover'))

describe.each(SINGLE)('on $name', (starter) => {
  test('99.9 % of all tasks succeed, and none is lost, while everything goes wrong at once', async () => {
    const report = await runOn(starter, paced(BAD_DAY, starter))
    expect(report.groups.fault).toMatchObject({ lost: 0, unfinished: 0, wrong: 0 })
    expect(report.success.proves).toBeGreaterThanOrEqual(0.999)
    for (const { name, bites } of report.faults) expect([name, bites > 0]).toEqual([name, true])
  })
})

/** Brokers that are reached over a network. */
const LINKED = STARTERS.filter(({ can }) => can.includes('link'))

describe.each(LINKED)('on $name', (starter) => {
  test('throughput is back within five seconds of an outage', async () => {
    const report = await runOn(starter, paced(OUTAGE, starter))
    expect(report.groups.fault).toMatchObject({ lost: 0, unfinished: 0 })
    expect(report.recovery.recoverMs).toBeLessThanOrEqual(5000)
  })
})
