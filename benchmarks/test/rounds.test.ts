import { describe, expect, it } from 'vitest'
import type { Case, Contender, Round } from '../case.ts'
import { RATE } from '../case.ts'
import type { DeliveryVerdict } from '../delivery-check.ts'
import { runCase } from '../rounds.ts'

const EXACT: DeliveryVerdict = { expected: 10, missing: 0, duplicates: 0, strangers: 0 }

function caseOf(contenders: readonly Contender[], more: Partial<Case> = {}): Case {
  return { name: 'one', title: 'One', tasks: 10, measures: [RATE], goals: [], contenders, ...more }
}

/** Answers with these rates in turn; the first one is the warm-up's. */
function contender(
  name: string,
  role: Contender['role'],
  rates: readonly number[],
  log: string[] = [],
): Contender {
  let at = 0
  return {
    name,
    role,
    async round(): Promise<Round> {
      log.push(name)
      return { figures: { rate: rates[at++]! }, delivery: EXACT }
    },
  }
}

describe('runCase', () => {
  it('gives up a round that never ends, naming it', async () => {
    const hanging: Contender = { name: 'stuck', role: 'peer', round: () => new Promise(() => {}) }
    await expect(runCase(caseOf([hanging]), { longestRoundMs: 20 })).rejects.toThrow(
      'one: warm-up of 5, stuck: did not end',
    )
  })

  it('lets the contenders take turns, there and back', async () => {
    const log: string[] = []
    const rates = [1, 1, 1]
    await runCase(caseOf([contender('a', 'ours', rates, log), contender('b', 'peer', rates, log)]), {
      rounds: 2,
    })
    expect(log).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
  })

  it('leaves the warm-up out of median and range', async () => {
    const report = await runCase(caseOf([contender('a', 'ours', [999, 10, 30, 20])]), { rounds: 3 })
    expect(report.contenders[0]?.summary['rate']).toEqual({ median: 20, min: 10, max: 30 })
  })

  it('divides the medians of ours by those of everyone else', async () => {
    const report = await runCase(
      caseOf([contender('a', 'ours', [0, 40, 60]), contender('b', 'peer', [0, 5, 15])]),
      { rounds: 2 },
    )
    expect(report.ratios).toEqual([{ measure: 'rate', ours: 'a', against: 'b', ratio: 5 }])
  })

  it.each([
    [4, true, undefined],
    [6, false, undefined],
  ])('says of a floor of %d times the peer whether it holds: %s', async (floor, floorHolds, aimReached) => {
    const report = await runCase(
      caseOf([contender('a', 'ours', [0, 50]), contender('b', 'peer', [0, 10])], {
        goals: [{ measure: 'rate', against: 'b', floor }],
      }),
      { rounds: 1 },
    )
    expect(report.goals).toEqual([{ measure: 'rate', against: 'b', floor, value: 5, floorHolds, aimReached }])
  })

  it('reads goals of a measure where lower is better the other way round', async () => {
    const lower = { ...RATE, better: 'lower' } as const
    const report = await runCase(
      caseOf([contender('a', 'ours', [0, 300])], {
        measures: [lower],
        goals: [{ measure: 'rate', floor: 350, aim: 200 }],
      }),
      { rounds: 1 },
    )
    expect(report.goals[0]).toMatchObject({ value: 300, floorHolds: true, aimReached: false })
  })

  it('leaves out a goal against someone who was not there', async () => {
    const goals = [{ measure: 'rate', against: 'nobody', floor: 1 }]
    const report = await runCase(caseOf([contender('a', 'ours', [0, 1])], { goals }), { rounds: 1 })
    expect(report.goals).toEqual([])
  })

  it('names who lost a task and in which round', async () => {
    let round = 0
    const leaky: Contender = {
      name: 'leaky',
      role: 'peer',
      round: async () => ({ figures: { rate: 1 }, delivery: { ...EXACT, missing: round++ === 2 ? 3 : 0 } }),
    }
    const report = await runCase(caseOf([leaky]), { rounds: 2 })
    expect(report.violations).toEqual(['leaky, round 2: of 10 tasks, 3 never ran'])
  })

  it('counts a loss in the warm-up, too', async () => {
    const leaky: Contender = {
      name: 'leaky',
      role: 'ours',
      round: async () => ({ figures: { rate: 1 }, delivery: { ...EXACT, duplicates: 1 } }),
    }
    const report = await runCase(caseOf([leaky]), { rounds: 1 })
    expect(report.violations[0]).toBe('leaky, warm-up: of 10 tasks, 1 runs were repeats')
  })
})
