import { join } from 'node:path'
import { saveReport } from '@bananasjs/chaos'
import { STARTERS } from '../matrix/starters.ts'
import { FIXED_SET, paced } from './fixed-set.ts'
import { keepRun, writePage } from './kept-runs.ts'
import { canRun, runOn } from './run-on.ts'
import { summaryOf } from './run-summary.ts'

/**
 * The fixed set over all brokers: `node integration/chaos/suite-main.ts [EXPERIMENT …] [BROKER …]`. Saves each report in
 * chaos-report/, and makes docs/resilience.md of what was measured last of each. Exit code 1 unless everything that was run
 * held.
 */
const REPORTS = join(import.meta.dirname, '../../chaos-report')
const EXPERIMENTS = Object.keys(FIXED_SET)
const BROKERS = STARTERS.map(({ name }) => name)
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !EXPERIMENTS.includes(name) && !BROKERS.includes(name))
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}. There are: ${[...EXPERIMENTS, ...BROKERS].join('; ')}.`)
let held = true
for (const experiment of chosen(EXPERIMENTS)) {
  for (const broker of chosen(BROKERS)) {
    const starter = STARTERS.find(({ name }) => name === broker)!
    if (!canRun(FIXED_SET[experiment]!, starter)) continue
    process.stdout.write(`${experiment} on ${broker}: `)
    const report = await runOn(starter, paced(FIXED_SET[experiment]!, starter))
    process.stdout.write(`${report.verdict} (${report.reasons.join('; ')})\n`)
    await saveReport(report, REPORTS, `${experiment} on ${broker}`)
    keepRun(summaryOf(broker, experiment, report))
    if (report.verdict !== 'held') held = false
  }
}
await writePage()
process.exit(held ? 0 : 1)

/** All, unless some of them are named. */
function chosen(names: readonly string[]): readonly string[] {
  const named = names.filter((name) => wanted.includes(name))
  return named.length > 0 ? named : names
}
