import { describe, expect, it } from 'vitest'
import { defineContinuousPlan } from '../../src/index.ts'
import type { ContinuousPlan } from '../../src/index.ts'
import { checkRates } from '../../src/continuous/check-continuous-plan.ts'

const PLAN: ContinuousPlan = {
  title: 'a plan',
  background: [{ kind: 'task.throw', rate: 0.01 }],
  stop: [{ probe: 'error-rate', above: 0.2 }],
}
const DAY = { title: 'a day', when: { at: '10:00' }, method: [{ kind: 'task.throw', rate: 0.5 }] } as const

const WRONG: readonly (readonly [string, object, RegExp])[] = [
  ['an unknown field', { windw: 1 }, /plan\.windw: there is no such field/],
  [
    'an unknown fault',
    { background: [{ kind: 'task.thow' }] },
    /background\[0\].*Did you mean "task\.throw"/s,
  ],
  ['no stop condition', { stop: [] }, /stop: name at least one condition/],
  ['a probe that only experiments have', { stop: [{ probe: 'lost', above: 1 }] }, /stop\[0\]\.probe/],
  [
    'a weekday that is none',
    { gameDays: [{ ...DAY, when: { at: '10:00', on: ['friday'] } }] },
    /when\.on\[0\]/,
  ],
  ['a game day without faults', { gameDays: [{ ...DAY, method: [] }] }, /gameDays\[0\]\.method/],
  ['two game days of one name', { gameDays: [DAY, DAY] }, /gameDays\[1\]\.title: another game day/],
  ['a target beyond 1', { confidence: { target: 99.9 } }, /confidence\.target/],
  ['a window of nothing', { confidence: { window: 0 } }, /confidence\.window: it must be above 0/],
  ['nothing to break', { background: [] }, /name at least one fault/],
  ['a rate beyond 1', { safety: { mostRate: 2 } }, /safety\.mostRate/],
]

describe('a continuous plan', () => {
  it('is taken when it is sound', () => {
    expect(defineContinuousPlan({ ...PLAN, gameDays: [DAY] })).toMatchObject(PLAN)
  })

  it.each(WRONG)('is refused for %s', (_, change, message) => {
    expect(() => defineContinuousPlan({ ...PLAN, ...change })).toThrow(message)
  })

  it('is thin: each fault names its rate, and none is above what is allowed here', () => {
    const plan = (rate?: number): ContinuousPlan => ({ ...PLAN, background: [{ kind: 'task.throw', rate }] })
    expect(() => checkRates(plan(), 'staging')).toThrow(/say how often it hits/)
    expect(() => checkRates(plan(0.06), 'staging')).toThrow(/more than safety\.mostRate, 0\.05/)
    expect(() => checkRates(plan(0.05), 'staging')).not.toThrow()
    expect(() => checkRates(plan(0.05), 'production')).toThrow(/more than safety\.mostRate, 0\.01/)
    const allowed = { ...plan(0.3), safety: { mostRate: 0.5 } }
    expect(() => checkRates(allowed, 'staging')).not.toThrow()
  })
})
