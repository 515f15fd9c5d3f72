import { beforeAll, describe, expect, it } from 'vitest'
import { CLAUSES, runConformance } from '../src/index.ts'
import type { Report } from '../src/index.ts'
import { BROKER_MUTANTS } from './mutants-broker/index.ts'

/** Mutants under way at once: a clause that waits in vain takes its time, and costs nothing meanwhile. */
const AT_ONCE = 40
const GRACE_MS = 10_000

describe('an adapter that,', () => {
  const reports = new Map<string, Promise<Report>>()

  beforeAll(() => {
    const waiting = [...BROKER_MUTANTS]
    const finished = new Map<string, (report: Report | Promise<Report>) => void>()
    for (const { name } of BROKER_MUTANTS)
      reports.set(name, new Promise((resolve) => void finished.set(name, resolve)))
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const report = runConformance(one.name, {
          ...one.harness(),
          clauses: one.kills,
          graceMs: GRACE_MS,
        })
        finished.get(one.name)!(report)
        await report.catch(() => undefined)
      }
    }
    for (let index = 0; index < AT_ONCE; index += 1) void next()
  })

  for (const { name, kills } of BROKER_MUTANTS) {
    it(`${name} fails ${kills.join(', ')}`, { timeout: 120_000 }, async () => {
      const { clauses } = await reports.get(name)!
      const failed = clauses.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
      expect(failed.toSorted()).toEqual(kills.toSorted())
    })
  }
})

describe('every clause on brokers', () => {
  it('catches one of these at least', () => {
    const caught = new Set(BROKER_MUTANTS.flatMap(({ kills }) => kills))
    const ids = CLAUSES.filter(({ part }) => part === 'broker').map(({ id }) => id)
    expect(ids.filter((id) => !caught.has(id))).toEqual([])
  })

  it('is broken by adapters of different names, each caught', () => {
    const names = BROKER_MUTANTS.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
    expect(BROKER_MUTANTS.filter(({ kills }) => kills.length === 0)).toEqual([])
  })
})
