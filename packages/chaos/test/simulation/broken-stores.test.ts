import { describe, expect, it } from 'vitest'
import { simulate } from '../../src/index.ts'
import { BROKEN_STORES } from './broken-brokers.ts'

/** Schedules within which a mistake must come to light. */
const MOST_SEEDS = 50

describe('the simulation', () => {
  it.each(BROKEN_STORES)('finds a store that $name, and names what it breaks', async ({ wrap, breaks }) => {
    const found = new Set<string>()
    for (let seed = 1; seed <= MOST_SEEDS && !breaks.some((id) => found.has(id)); seed += 1) {
      const { failures } = await simulate(seed, { wrap: wrap() })
      for (const id of failures) found.add(id)
    }
    expect([...found]).toEqual(expect.arrayContaining([expect.toBeOneOf([...breaks])]))
  })
})
