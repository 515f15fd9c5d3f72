import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer } from '@bananasjs/core/contract'
import { expect, it } from 'vitest'
import { runConformance } from '../src/index.ts'
import { brokerMutant } from './mutants-broker/broker-mutant.ts'

/** Longer than the leases that the kit begins with. */
const CALL_MS = 500
const PATIENCE = { timeout: 120_000 }
/** Some that see a lease end. */
const CLAUSES = ['SETTLE-1', 'DEAD-1', 'LEASE-2', 'LEASE-3', 'LEASE-4', 'LEASE-9']

const slow = (base: Consumer): Partial<Consumer> => ({
  async receive(max, options) {
    await sleep(CALL_MS)
    return base.receive(max, options)
  },
  async settle(all) {
    await sleep(CALL_MS)
    return base.settle(all)
  },
})

/** What was not held of these clauses. */
async function broken(
  clauses: readonly string[],
  consumer: (base: Consumer) => Partial<Consumer>,
): Promise<readonly string[]> {
  const { harness } = brokerMutant('slow', clauses, () => ({ consumer }))
  const report = await runConformance('slow', { ...harness(), clauses, graceMs: 10_000 })
  return report.clauses.filter(({ outcome }) => outcome !== 'held').map(({ id }) => id)
}

it('an adapter on a slow machine is given longer leases, and holds its clauses', PATIENCE, async () => {
  expect(await broken(CLAUSES, slow)).toEqual([])
})

it('one that acknowledges in words alone is caught there, too', PATIENCE, async () => {
  const lying = (base: Consumer): Partial<Consumer> => ({ ...slow(base), settle: async () => [] })
  expect(await broken(['SETTLE-1'], lying)).toEqual(['SETTLE-1'])
})
