import { describe, expect, it } from 'vitest'
import { compareReports } from '../../src/index.ts'
import type { Comparison, Report } from '../../src/index.ts'
import { aReport } from './a-report.ts'

function worse(comparison: Comparison): readonly string[] {
  return comparison.rows.filter(({ outcome }) => outcome === 'worse').map(({ what }) => what)
}

function withFailures(failures: number): Report {
  return aReport({ success: { ...aReport().success, failures, rate: (3000 - failures) / 3000 } })
}

describe('comparing a run with an earlier one', () => {
  it('passes when nothing changed', () => {
    const comparison = compareReports(aReport(), aReport())
    expect(comparison.passed).toBe(true)
    expect(comparison.rows.every(({ outcome }) => outcome === 'same')).toBe(true)
  })

  it.each([
    ['the verdict', aReport({ verdict: 'inconclusive' }), 'verdict'],
    ['a lost task', aReport({}, { lost: 1 }), 'lost'],
    ['a wrong result', aReport({}, { wrong: 1 }), 'wrong results'],
    [
      'a broken invariant',
      aReport({ invariants: [{ id: 'I4', title: '', outcome: 'violated', detail: '' }] }),
      'broken invariants',
    ],
    ['slow tasks', aReport({}, { p99Ms: 700 }), '99th percentile'],
    [
      'a slow recovery',
      aReport({ recovery: { ...aReport().recovery, recoverMs: 3000 } }),
      'recovery of throughput',
    ],
  ])('fails for %s', (_what, after, blamed) => {
    const comparison = compareReports(aReport(), after)
    expect(comparison.passed).toBe(false)
    expect(worse(comparison)).toEqual([blamed])
    expect(compareReports(after, aReport()).passed).toBe(true)
  })

  it('takes a success rate for worse only when chance cannot account for it', () => {
    expect(compareReports(withFailures(3), withFailures(6)).passed).toBe(true)
    expect(worse(compareReports(withFailures(3), withFailures(40)))).toEqual(['success rate'])
  })

  it('calls a difference of a few milliseconds noise, whatever its factor', () => {
    expect(compareReports(aReport({}, { p50Ms: 2 }), aReport({}, { p50Ms: 20 })).passed).toBe(true)
    expect(
      worse(compareReports(aReport({}, { p50Ms: 2 }), aReport({}, { p50Ms: 20 }), { noiseMs: 5 })),
    ).toEqual(['median latency'])
  })

  it('leaves out what was not measured in both', () => {
    const unmeasured = aReport({
      recovery: { detectMs: undefined, recoverMs: undefined, backlogMs: undefined },
    })
    expect(compareReports(unmeasured, aReport()).rows.some(({ what }) => what.startsWith('recovery'))).toBe(
      false,
    )
  })
})
