import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkHistoryFolder } from '../../src/index.ts'
import { writeLongHistory } from './long-history.ts'

/**
 * Writes and judges a history of so many events, and says what that took. By hand with ten million; the tests run it with
 * fewer, as a process of its own, so that its memory is what it needs and not what the tests around it hold.
 */
const events = Number(process.argv[2] ?? 10_000_000)
const folder = mkdtempSync(join(tmpdir(), 'long-history-'))
try {
  const from = performance.now()
  writeLongHistory(folder, { events, lost: [Math.floor(events / 16)] })
  const written = performance.now()
  const { verdict, findings, events: judged } = checkHistoryFolder(folder, { clockMs: 0 })
  const outcome = {
    events: judged,
    writeMs: Math.round(written - from),
    checkMs: Math.round(performance.now() - written),
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    verdict,
    violated: findings
      .filter(({ outcome }) => outcome === 'violated')
      .map(({ id, violations }) => ({ id, violations })),
  }
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
