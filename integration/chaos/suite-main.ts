import { existsSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { readReport, saveReport } from '@bananasjs/chaos'
import { STARTERS } from '../matrix/starters.ts'
import { FIXED_SET, paced } from './fixed-set.ts'
import { resiliencePage } from './resilience-page.ts'
import type { Entry } from './resilience-page.ts'
import { canRun, runOn } from './run-on.ts'

/**
 * The fixed set over all brokers: `node integration/chaos/suite-main.ts [EXPERIMENT …] [BROKER …]`. Saves each report in
 * chaos-report/ and makes docs/resilience.md of those that lie there. Exit code 1 unless everything that was run held.
 */
const ROOT = join(import.meta.dirname, '../..')
const REPORTS = join(ROOT, 'chaos-report')
const SOAK = join(ROOT, 'docs/public/reports/soak.json')
const wanted = process.argv.slice(2)
const runs = Object.keys(FIXED_SET).flatMap((experiment) =>
  STARTERS.map((starter) => ({ experiment, starter })),
)
let held = true
for (const { experiment, starter } of runs.filter(isWanted)) {
  process.stdout.write(`${experiment} on ${starter.name}: `)
  const report = await runOn(starter, paced(FIXED_SET[experiment]!, starter))
  process.stdout.write(`${report.verdict} (${report.reasons.join('; ')})\n`)
  await saveReport(report, REPORTS, nameOf({ experiment, starter }))
  if (report.verdict !== 'held') held = false
}
const soak = existsSync(SOAK) ? await readReport(SOAK) : undefined
writeFileSync(join(ROOT, 'docs/resilience.md'), resiliencePage(await saved(), { machine: machine(), soak }))
process.exit(held ? 0 : 1)

type Run = (typeof runs)[number]

function isWanted({ experiment, starter }: Run): boolean {
  const named = (names: readonly string[], name: string): boolean =>
    !wanted.some((one) => names.includes(one)) || wanted.includes(name)
  return (
    named(Object.keys(FIXED_SET), experiment) &&
    named(
      STARTERS.map(({ name }) => name),
      starter.name,
    ) &&
    canRun(FIXED_SET[experiment]!, starter)
  )
}

function nameOf({ experiment, starter }: Run): string {
  return `${experiment} on ${starter.name}`
}

async function saved(): Promise<readonly Entry[]> {
  const found = runs.filter((run) => existsSync(join(REPORTS, `${nameOf(run)}.json`)))
  return Promise.all(
    found.map(async (run) => ({
      broker: run.starter.name,
      experiment: run.experiment,
      report: await readReport(join(REPORTS, `${nameOf(run)}.json`)),
    })),
  )
}

function machine(): string {
  const [cpu] = cpus()
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, Node.js ${process.versions.node}.`
}
