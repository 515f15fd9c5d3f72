import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readReport } from '@bananasjs/chaos'
import type { PowerCutOutcome } from '../power-cut/cut-power.ts'
import { STARTERS } from '../matrix/starters.ts'
import { FIXED_SET } from './fixed-set.ts'
import { machine } from './machine.ts'
import { resiliencePage } from './resilience-page.ts'
import type { RunSummary } from './run-summary.ts'

/** What was measured stays with the docs, so that one run can be made again without all the others. */
const DOCS = join(import.meta.dirname, '../../docs')
const REPORTS = join(DOCS, 'public/reports')
const SUITE = join(REPORTS, 'suite.json')
const POWER_CUT = join(REPORTS, 'power-cut.json')
const SOAK = join(REPORTS, 'soak.json')

interface Kept<T> {
  /** Where and when the last of them was measured. */
  readonly machine: string
  readonly rows: readonly T[]
}

/** In place of the run of the same experiment on the same broker. */
export function keepRun(run: RunSummary): void {
  const same = (one: RunSummary): boolean => one.broker === run.broker && one.experiment === run.experiment
  keep(SUITE, [...kept<RunSummary>(SUITE).rows.filter((one) => !same(one)), run])
}

/** In place of what was measured of this store before. */
export function keepPowerCut(outcome: PowerCutOutcome): void {
  const same = (one: PowerCutOutcome): boolean =>
    one.store === outcome.store && one.settings === outcome.settings
  keep(POWER_CUT, [...kept<PowerCutOutcome>(POWER_CUT).rows.filter((one) => !same(one)), outcome])
}

export async function writePage(): Promise<void> {
  const suite = kept<RunSummary>(SUITE)
  const page = resiliencePage({
    suite: { ...suite, rows: suite.rows.toSorted((a, b) => place(a) - place(b)) },
    powerCuts: kept<PowerCutOutcome>(POWER_CUT),
    soak: existsSync(SOAK) ? await readReport(SOAK) : undefined,
  })
  writeFileSync(join(DOCS, 'resilience.md'), page)
}

/** As the experiments and the brokers are listed. */
function place({ experiment, broker }: RunSummary): number {
  const brokers = STARTERS.map(({ name }) => name)
  return Object.keys(FIXED_SET).indexOf(experiment) * brokers.length + brokers.indexOf(broker)
}

function keep(file: string, rows: readonly unknown[]): void {
  writeFileSync(file, `${JSON.stringify({ machine: machine(), rows }, undefined, 2)}\n`)
}

function kept<T>(file: string): Kept<T> {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Kept<T>)
    : { machine: machine(), rows: [] }
}
