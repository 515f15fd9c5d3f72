import type { Fault } from '@bananasjs/chaos'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { evaluate } from './evaluate.ts'
import { text } from './ops.ts'
import { shapes } from './shape.ts'
import type { Shape } from './shape.ts'
import { loadWorker, ride } from './storm.ts'
import type { Storm } from './storm.ts'

/** Printed by fast-check with every failure, and so that a run can be repeated when all is well. */
const seed = Number(process.env['BANANAS_SEED'] ?? Date.now() % 2 ** 31)
process.stderr.write(`random workflows: BANANAS_SEED=${seed}\n`)

const RUNS = 150
const METHODS = [
  'broker.publish',
  'consumer.receive',
  'consumer.settle',
  'consumer.extend',
  'results.put',
  'results.get',
  'results.swap',
  'results.arrive',
] as const
/** Before its effect and after it: the caller cannot know which. */
const CALLS: readonly Fault[] = METHODS.flatMap((method) => [
  { kind: 'call.fail-before', rate: 0.05, match: { method } },
  { kind: 'call.fail-after', rate: 0.05, match: { method } },
])
const MESSAGES: readonly Fault[] = [
  { kind: 'message.duplicate', rate: 0.1 },
  { kind: 'message.reorder', rate: 0.5 },
]
// Drawn by task, so that one who lost it once would lose it for as long as the fault lasts.
const LEASES: readonly Fault[] = [{ kind: 'call.lose-lease', rate: 0.1, limit: 5 }]

const calm = fc.record({ seed: fc.nat(), faults: fc.constant([]), deaths: fc.constant([]) })
const stormy: fc.Arbitrary<Storm> = fc.record({
  seed: fc.nat(),
  faults: fc.subarray([CALLS, MESSAGES, LEASES]).map((chosen) => chosen.flat()),
  deaths: fc.array(fc.nat({ max: 3000 }), { maxLength: 6 }),
})

beforeAll(loadWorker)

async function check(shape: Shape, storm: Storm, once: boolean): Promise<void> {
  const plain = evaluate(shape, 'input')
  const { outcome, begun, reported } = await ride(shape, storm)
  expect(reported).toEqual([])
  expect(outcome.ok).toBe(plain.outcome.ok)
  if (outcome.ok && plain.outcome.ok) expect(text(outcome.value)).toBe(text(plain.outcome.value))
  if (plain.failed) return
  expect(begun.size, 'steps and callbacks that ran').toBe(plain.runs)
  // A flaky step is begun twice.
  const often = JSON.stringify(shape).includes('flaky') ? 2 : 1
  if (once) expect(Math.max(0, ...begun.values())).toBeLessThanOrEqual(often)
}

describe('random workflows', () => {
  it.each([
    ['come to what a plain evaluation does, each step begun once', false, calm, true],
    ['that fail come to what a plain evaluation does', true, calm, true],
    ['keep their results through deaths, lost answers, duplicates and disorder', false, stormy, false],
    ['that fail do so through deaths, lost answers, duplicates and disorder', true, stormy, false],
  ] as const)('%s', async (_, failing, weather, once) => {
    await fc.assert(
      fc.asyncProperty(shapes(failing), weather, (shape, storm) => check(shape, storm, once)),
      { seed, numRuns: RUNS, endOnFailure: true },
    )
  })
})
