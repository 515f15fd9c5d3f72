import { describe, expect, it } from 'vitest'
import type { BenchDocument } from '../report.ts'
import { textReport } from '../report.ts'
import type { ContenderReport } from '../rounds.ts'
import { renderTables, replaceBetweenMarks } from '../table.ts'

function contender(name: string, role: ContenderReport['role'], rates: readonly number[]): ContenderReport {
  const [min, median, max] = rates as [number, number, number]
  return {
    name,
    role,
    rounds: rates.map((rate) => ({ figures: { rate } })),
    summary: { rate: { median, min, max } },
  }
}

function documentOf(suite: string, valid = true): BenchDocument {
  return {
    version: 1,
    suite,
    valid,
    environment: {
      at: '2026-04-01T10:00:00.000Z',
      node: '24.0.0',
      cpu: 'Test CPU',
      cores: 2,
      memoryGb: 8,
      system: 'Linux 6',
      load: 0.25,
      packages: { bullmq: '6.7.0' },
      redis: { version: '7.0.15', appendonly: 'no', appendfsync: 'everysec', save: '', startedHere: true },
    },
    options: {},
    cases: [
      {
        name: 'bulk',
        title: 'enqueue in bulk',
        tasks: 1000,
        measures: [{ name: 'rate', unit: 'tasks/s', better: 'higher' }],
        contenders: [
          contender('Bananas', 'ours', [90_000, 100_000, 110_000]),
          contender('BullMQ', 'peer', [8000, 10_000, 12_000]),
        ],
        ratios: [{ measure: 'rate', ours: 'Bananas', against: 'BullMQ', ratio: 10 }],
        goals: [
          {
            measure: 'rate',
            against: 'BullMQ',
            floor: 6,
            aim: 12,
            value: 10,
            floorHolds: true,
            aimReached: false,
          },
        ],
        violations: valid ? [] : ['BullMQ, round 1: of 1000 tasks, 1 never ran'],
      },
    ],
  }
}

describe('renderTables', () => {
  it('gives medians with ranges, and the ratio of one run', () => {
    expect(
      renderTables([documentOf('redis')])
        .split('\n')
        .slice(0, 5),
    ).toEqual([
      '**On Redis**',
      '',
      '| work | Bananas | BullMQ | ÷ BullMQ |',
      '| --- | --: | --: | --: |',
      '| enqueue in bulk (tasks/s) | 100,000 (90,000–110,000) | 10,000 (8,000–12,000) | 10.00 × |',
    ])
  })

  it('says on what it was measured', () => {
    expect(renderTables([documentOf('redis')])).toContain('Redis 7.0.15 on loopback: appendonly no')
  })

  it('has a fixed order, whatever the order of the files', () => {
    const text = renderTables([documentOf('sqlite'), documentOf('redis')])
    expect(text.indexOf('On Redis')).toBeLessThan(text.indexOf('On SQLite'))
  })

  it('refuses a void run', () => {
    expect(() => renderTables([documentOf('redis', false)])).toThrow(/redis is void/)
  })
})

describe('replaceBetweenMarks', () => {
  const readme = 'before\n<!-- benchmarks:start -->\nold\n<!-- benchmarks:end -->\nafter\n'

  it('replaces what lies between and nothing else', () => {
    expect(replaceBetweenMarks(readme, 'new')).toBe(
      'before\n<!-- benchmarks:start -->\n\nnew\n\n<!-- benchmarks:end -->\nafter\n',
    )
  })

  it('changes nothing the second time', () => {
    const once = replaceBetweenMarks(readme, 'new')
    expect(replaceBetweenMarks(once, 'new')).toBe(once)
  })

  it.each(['no marks', '<!-- benchmarks:end --> <!-- benchmarks:start -->'])('refuses %j', (text) => {
    expect(() => replaceBetweenMarks(text, 'new')).toThrow(/benchmarks:start/)
  })
})

describe('textReport', () => {
  it('shows floor and aim with the figure they are held against', () => {
    expect(textReport(documentOf('redis'))).toContain(
      'rate to BullMQ: 10.00 ×; floor ≥ 6.00 × holds; aim ≥ 12.00 × not reached',
    )
  })

  it('says that a void run does not count, and why', () => {
    const text = textReport(documentOf('redis', false))
    expect(text).toContain('VOID: BullMQ, round 1: of 1000 tasks, 1 never ran')
    expect(text).toContain('No figure above counts')
  })
})
