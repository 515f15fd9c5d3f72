import { execFile } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkHistory, checkHistoryFolder, historyFile, readHistory, simulate } from '../../src/index.ts'
import type { HistoryEvent } from '../../src/index.ts'
import { BROKEN, KEPT } from './cases.ts'
import { writeLongHistory } from './long-history.ts'

const LONG = fileURLToPath(new URL('long-history-process.ts', import.meta.url))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'check-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** As the processes themselves would have written them. */
function written(events: readonly HistoryEvent[]): string {
  const path = folder()
  let now = 0
  const files = new Map(
    [...new Set(events.map(({ by }) => by))].map((by) => [
      by,
      historyFile({ folder: path, by, now: () => now }),
    ]),
  )
  for (const { at, by, ...body } of events) {
    now = at
    files.get(by)!.write(body)
  }
  for (const file of files.values()) file.close()
  return path
}

describe('a folder of history files', () => {
  it.each([...BROKEN, ...KEPT])('is judged as in memory: $id, $name', ({ id, events, promised }) => {
    const ordered = events.toSorted((a, b) => a.at - b.at)
    const inMemory = checkHistory(ordered, promised).findings.find((one) => one.id === id)!
    const inFiles = checkHistoryFolder(written(ordered), promised).findings.find((one) => one.id === id)!
    expect(inFiles).toMatchObject({
      outcome: inMemory.outcome,
      violations: inMemory.violations,
      judged: inMemory.judged,
      breaches: inMemory.breaches.map(({ key, text }) => ({ key, text })),
    })
  })

  it('of a simulated run is judged as in memory', async () => {
    for (const seed of [11, 12, 13]) {
      const { events } = await simulate(seed)
      const promised = { clockMs: 20, skewMs: 200_000, ordered: 'queue' } as const
      const outcomes = ({ findings }: ReturnType<typeof checkHistory>) =>
        findings.map(({ id, outcome }) => ({ id, outcome }))
      expect(outcomes(checkHistoryFolder(written(events), promised))).toEqual(
        outcomes(checkHistory(events, promised)),
      )
    }
  })

  it('is told to be incomplete when a line is damaged', () => {
    const path = written(KEPT[0]!.events)
    appendFileSync(join(path, readdirSync(path)[0]!), 'nonsense\n{"at":5}\n{"at"')
    expect(checkHistoryFolder(path)).toMatchObject({ verdict: 'inconclusive', torn: 1 })
    expect(checkHistoryFolder(path).damaged).toHaveLength(2)
  })

  it('leaves no scratch files behind', () => {
    const scratch = folder()
    const path = folder()
    writeLongHistory(path, { events: 8000 })
    expect(checkHistoryFolder(path, { clockMs: 0 }, { scratch }).verdict).toBe('kept')
    expect(readdirSync(scratch)).toEqual([])
  })

  it(
    'finds the one lost task among half a million events, in little memory',
    { timeout: 120_000 },
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', LONG, '500000'])
      const { peakMb, ...outcome } = JSON.parse(stdout) as Record<string, unknown>
      expect(outcome).toMatchObject({ verdict: 'violated', violated: [{ id: 'I1', violations: 1 }] })
      // What grows with a history is the disk it needs: ten million events take about as much.
      expect(peakMb).toBeLessThan(700)
    },
  )

  it('is read by whoever wants its events', () => {
    const path = folder()
    writeLongHistory(path, { events: 80 })
    expect([...readHistory(path)].filter(({ kind }) => kind === 'settled')).toHaveLength(10)
  })
})
