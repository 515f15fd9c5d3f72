import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { saveReport } from '@bananasjs/chaos'
import { STARTERS } from '../matrix/starters.ts'
import { FIXED_SET } from './fixed-set.ts'
import { resiliencePage } from './resilience-page.ts'
import type { Entry } from './resilience-page.ts'
import { canRun, runOn } from './run-on.ts'

/**
 * The fixed set over all brokers: `node integration/chaos/suite-main.ts [EXPERIMENT …]`. Writes docs/resilience.md, and each
 * report into chaos-report/. Exit code 1 unless everything held.
 */
const ROOT = join(import.meta.dirname, '../..')
const wanted = process.argv.slice(2)
const entries: Entry[] = []
for (const [name, experiment] of Object.entries(FIXED_SET)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const starter of STARTERS.filter((one) => canRun(experiment, one))) {
    process.stdout.write(`${name} on ${starter.name}: `)
    const report = await runOn(starter, experiment)
    process.stdout.write(`${report.verdict} (${report.reasons.join('; ')})\n`)
    await saveReport(report, join(ROOT, 'chaos-report'), `${name} on ${starter.name}`)
    entries.push({ broker: starter.name, experiment: name, report })
  }
}
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, Node.js ${process.versions.node}.`
writeFileSync(join(ROOT, 'docs/resilience.md'), resiliencePage(entries, machine))
process.exit(entries.every(({ report }) => report.verdict === 'held') ? 0 : 1)
