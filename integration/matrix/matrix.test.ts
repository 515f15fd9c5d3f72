import { afterAll, describe, expect, test } from 'vitest'
import { DISTURBANCES } from './disturbances.ts'
import { outcomeTable } from './outcome-table.ts'
import { STARTERS } from './starters.ts'
import { runTrial } from './trial.ts'
import type { Outcome } from './trial.ts'

const SETTING = { workers: 4, longestNapMs: 50 }
const outcomes: Outcome[] = []

afterAll(() => void process.stdout.write(`\n${outcomeTable(outcomes)}\n`))

describe.each(STARTERS)('on $name', (on) => {
  const fitting = DISTURBANCES.filter(({ needs }) => needs === undefined || on.can.includes(needs))
  test.each(fitting)('nothing is lost: $name', { timeout: 240_000 }, async (disturbance) => {
    const outcome = await runTrial({ ...SETTING, on, disturbance })
    outcomes.push(outcome)
    expect(outcome.acknowledged).toBeGreaterThan(outcome.sent / 2)
    expect(outcome.lost).toEqual([])
    expect([outcome.remaining ?? 0, outcome.dead ?? 0]).toEqual([0, 0])
    if (disturbance.name !== 'workers killed') return
    expect(outcome.kills).toBeGreaterThan(5)
    if (on.fenced) expect(outcome).toMatchObject({ overlaps: [], unexplained: [] })
  })
})
