import { describe, expect, it } from 'vitest'
import { explore, simulate } from '../../src/index.ts'
import { BROKEN_STORES } from './broken-brokers.ts'
import { BROKEN_RUNTIMES } from './broken-runtimes.ts'

/** Schedules within which a mistake must come to light. */
const MOST_SEEDS = 50
/** Of seeds that no other test uses. */
const CLEAN_FROM = 600_001
const CLEAN_RUNS = 100

describe('the simulation', () => {
  it.each(BROKEN_RUNTIMES)(
    'finds a worker that $name, and names what it breaks',
    async ({ plugins, breaks }) => {
      const found = new Set<string>()
      for (let seed = 1; seed <= MOST_SEEDS && !breaks.some((id) => found.has(id)); seed += 1) {
        const { failures } = await simulate(seed, { plugins })
        for (const id of failures) found.add(id)
      }
      expect([...found]).toEqual(expect.arrayContaining([expect.toBeOneOf([...breaks])]))
    },
  )

  it('knows twenty mistakes and more', () => {
    expect(BROKEN_STORES.length + BROKEN_RUNTIMES.length).toBeGreaterThanOrEqual(20)
  })

  it(`raises no false alarm in ${CLEAN_RUNS} runs without a mistake`, { timeout: 120_000 }, async () => {
    const clean = await explore({ from: CLEAN_FROM, count: CLEAN_RUNS, failures: CLEAN_RUNS })
    expect(clean).toMatchObject({ runs: CLEAN_RUNS, failing: [] })
    // A run in which nothing was broken could raise no alarm either.
    expect(clean.reached).toMatchObject(
      Object.fromEntries(
        Object.keys(clean.reached).map((landmark) => [landmark, expect.toSatisfy((count) => count > 0)]),
      ),
    )
  })
})
