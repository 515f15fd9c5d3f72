import { describe, expect, it } from 'vitest'
import { drawPlan, explore, fingerprint, showJudgement, simulate, smallest } from '../../src/index.ts'
import { BROKEN_STORES } from './broken-brokers.ts'

const forgetful = BROKEN_STORES.find(({ name }) => name.startsWith('loses a message'))!

describe('a seed', () => {
  it('has the same history each time, event by event', async () => {
    for (const seed of [3, 14, 159, 2653, 58_979]) {
      const first = await simulate(seed)
      const again = await simulate(seed)
      expect(again.events).toEqual(first.events)
      expect(fingerprint(again.events)).toBe(fingerprint(first.events))
    }
  })

  it('has another history than its neighbour', async () => {
    const prints = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => fingerprint((await simulate(seed)).events)),
    )
    expect(new Set(prints).size).toBe(4)
  })

  it('stands for a plan that can be written down and replayed', async () => {
    const plan = drawPlan(42)
    const replayed = await simulate(JSON.parse(JSON.stringify(plan)) as typeof plan)
    expect(fingerprint(replayed.events)).toBe(fingerprint((await simulate(42)).events))
  })
})

describe('a failing seed', () => {
  it('ends the search, and fails again when it is replayed', async () => {
    const found = await explore({ from: 1, count: 50, wrap: (transport) => forgetful.wrap()(transport) })
    const [failing] = found.failing
    expect(found.runs).toBeLessThan(50)
    const run = await simulate(failing!.seed, { wrap: forgetful.wrap() })
    expect(run.failures).toEqual(failing!.failures)
  })

  it('shrinks to a plan of one task that still fails, and shows why', async () => {
    // One store for each run: what it has forgotten in one must not be forgotten in the next.
    let wrap = forgetful.wrap()
    const options = {
      get wrap() {
        wrap = forgetful.wrap()
        return wrap
      },
    }
    const large = drawPlan(1, { mostTasks: 12 })
    const { plan, failures, judgement } = await smallest(1, options)
    expect(failures).toEqual(['I1'])
    expect(plan.tasks).toHaveLength(1)
    expect(plan.faults.length).toBeLessThanOrEqual(large.faults.length)
    expect(showJudgement(judgement)).toContain(
      'was accepted, never ended, and the broker holds nothing any more',
    )
  })
})

describe('a search', () => {
  it('ends when it is told to', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(explore({ from: 1, count: 10, signal: stop.signal })).rejects.toThrow('enough')
  })
})
