import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryOptions } from '@bananasjs/core/memory'
import { describe, expect, it } from 'vitest'
import {
  capabilityTable,
  reportFromJson,
  reportToJson,
  runConformance,
  withCapabilityTable,
} from '../src/index.ts'
import type { Report } from '../src/index.ts'

describe('the capability table', () => {
  it('has a row per capability and a column per report, and notes what emulation costs', async () => {
    const rich = await reportOf('rich', {})
    const poor = await reportOf('poor', {
      supports: {
        priorityLevels: 1,
        maxDelayMs: 900_000,
        peek: false,
        inspect: 'ready',
        lease: { fenced: false },
      },
      results: false,
      channel: { maxPayloadBytes: 65_536 },
    })
    const lines = capabilityTable([rich, poor]).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '|  | **rich** | **poor** |',
        '| An accepted task survives | nothing | nothing |',
        '| Priorities | 101 levels | 3 lanes <sup>1</sup> |',
        '| Delay | any | 15 min, then hops <sup>2</sup> |',
        '| Late settle is refused | yes | no <sup>4</sup> |',
        '| Counts of a queue | yes | ready and dead <sup>5</sup> |',
        '| Largest result | 16 MiB | none <sup>7</sup> |',
        '| Events and control, largest message | 1 MiB | 64 KiB |',
        '| Clauses held, or replaced by declaration | 1 + 0 of 1 | 1 + 0 of 1 |',
      ]),
    )
    expect(lines.filter((line) => line.startsWith('1. Core keeps three lane queues'))).toHaveLength(1)
  })

  it('says when a clause failed', async () => {
    const report = await reportOf('mine', {})
    const broken: Report = {
      ...report,
      clauses: report.clauses.map((one) => ({ ...one, outcome: 'failed' })),
    }
    expect(capabilityTable([broken])).toContain('| 0 + 0 of 1, **1 failed** |')
  })

  it('goes between its marks in a text, again and again', async () => {
    const report = await reportOf('mine', {})
    const text = 'before\n<!-- capabilities:start -->\nYesterday\n<!-- capabilities:end -->\nafter\n'
    const once = withCapabilityTable(text, [report])
    expect(once).not.toContain('Yesterday')
    expect(once).toMatch(
      /^before\n<!-- capabilities:start -->\n\n\| [^]*\n<!-- capabilities:end -->\nafter\n$/,
    )
    expect(withCapabilityTable(once, [report])).toBe(once)
    expect(() => withCapabilityTable('no marks', [report])).toThrow('capabilities:start')
  })
})

/** As it comes from a file. */
async function reportOf(name: string, options: MemoryOptions): Promise<Report> {
  const store = memoryStore()
  const report = await runConformance(name, {
    create: () => memory({ store, ...options }),
    clauses: ['DECL-6'],
  })
  return reportFromJson(reportToJson(report))
}
