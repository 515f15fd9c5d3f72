import { beforeAll, describe, expect, it } from 'vitest'
import { CLAUSES, runConformance, runSerializerConformance, SERIALIZER_CLAUSES } from '../src/index.ts'
import type { Report } from '../src/index.ts'
import { CHANNEL_MUTANTS } from './mutants-results/channel-mutants.ts'
import { JOIN_MUTANTS } from './mutants-results/join-mutants.ts'
import { RESULT_MUTANTS } from './mutants-results/result-mutants.ts'
import { SERIALIZER_MUTANTS } from './mutants-results/serializer-mutants.ts'
import { WATCH_MUTANTS } from './mutants-results/watch-mutants.ts'

const MUTANTS = [...RESULT_MUTANTS, ...JOIN_MUTANTS, ...WATCH_MUTANTS, ...CHANNEL_MUTANTS]
const GRACE_MS = 10_000
const ALL = [...MUTANTS, ...SERIALIZER_MUTANTS]

describe('an adapter that', () => {
  const reports = new Map<string, Promise<Report>>()

  // All at once: a clause that waits in vain takes its time.
  beforeAll(() => {
    for (const { name, kills, harness } of MUTANTS)
      reports.set(name, runConformance(name, { ...harness(), clauses: kills, graceMs: GRACE_MS }))
  })

  for (const { name, kills } of MUTANTS) {
    it(`${name} fails ${kills.join(', ')}`, { timeout: 120_000 }, async () => {
      expect(failed(await reports.get(name)!)).toEqual(sorted(kills))
    })
  }
})

describe('a serializer that', () => {
  for (const { name, kills, serializer } of SERIALIZER_MUTANTS) {
    it(`${name} fails ${kills.join(', ')}`, async () => {
      const report = await runSerializerConformance(name, { create: () => serializer, clauses: kills })
      expect(failed(report)).toEqual(sorted(kills))
    })
  }
})

describe('every clause', () => {
  const clauses = [...CLAUSES.filter(({ part }) => part !== 'broker'), ...SERIALIZER_CLAUSES]

  it('has an id of its own', () => {
    const ids = [...CLAUSES, ...SERIALIZER_CLAUSES].map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('on results, channels and serializers catches one of these at least', () => {
    const caught = new Set(ALL.flatMap(({ kills }) => kills))
    expect(clauses.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual([])
  })

  it('is broken by adapters of different names, each caught', () => {
    expect(ALL.map(({ name }) => name)).toEqual([...new Set(ALL.map(({ name }) => name))])
    expect(ALL.filter(({ kills }) => kills.length === 0)).toEqual([])
  })
})

function failed({ clauses }: Report): readonly string[] {
  return sorted(clauses.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id))
}

function sorted(ids: readonly string[]): readonly string[] {
  return ids.toSorted()
}
