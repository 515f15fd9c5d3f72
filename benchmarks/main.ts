import { mkdirSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { CannotRun } from './cannot-run.ts'
import { environment } from './environment.ts'
import { parseOptions } from './options.ts'
import type { BenchOptions } from './options.ts'
import { textReport } from './report.ts'
import type { BenchDocument } from './report.ts'
import { runCase } from './rounds.ts'
import type { CaseReport } from './rounds.ts'
import { SUITES } from './suites.ts'
import type { Suite } from './suite.ts'

const USAGE = `bench <${Object.keys(SUITES).join('|')}> [--json] [--save] [--rounds N] [--tasks N] [--only case]\n`

// So that a server started here is stopped on the way out.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code))

try {
  const document = await bench(parseOptions(process.argv.slice(2), Object.keys(SUITES)))
  process.exitCode = document.valid ? 0 : 1
} catch (error) {
  process.stderr.write(
    error instanceof CannotRun
      ? `${error.message}

${USAGE}`
      : `${inspect(error)}
`,
  )
  process.exitCode = 2
}

async function bench(options: BenchOptions): Promise<BenchDocument> {
  const suite = await SUITES[options.suite]!(options.tasks)
  try {
    const facts = environment(suite.environment)
    const document = documentOf(options, facts, await runAll(suite, options))
    const json = `${JSON.stringify(document, undefined, 2)}\n`
    process.stdout.write(options.json ? json : textReport(document))
    if (options.json && !document.valid)
      process.stderr.write('VOID: not every task ran exactly once. No figure counts.\n')
    if (options.save) save(options.suite, json)
    return document
  } finally {
    await suite.close()
  }
}

async function runAll(suite: Suite, { only, rounds }: BenchOptions): Promise<readonly CaseReport[]> {
  const chosen = suite.cases.filter(({ name }) => only === undefined || name === only)
  if (chosen.length === 0)
    throw new CannotRun(
      `No case is named ${JSON.stringify(only)}; there are ${suite.cases.map(({ name }) => name).join(', ')}.`,
    )
  const reports: CaseReport[] = []
  for (const one of chosen) {
    reports.push(await runCase(one, { rounds, onRound: (text) => process.stderr.write(`${text}\n`) }))
  }
  return reports
}

function documentOf(
  { suite, rounds, tasks, only }: BenchOptions,
  facts: BenchDocument['environment'],
  cases: readonly CaseReport[],
): BenchDocument {
  return {
    version: 1,
    suite,
    valid: cases.every(({ violations }) => violations.length === 0),
    environment: facts,
    options: {
      ...(rounds === undefined ? {} : { rounds }),
      ...(tasks === undefined ? {} : { tasks }),
      ...(only === undefined ? {} : { only }),
    },
    cases,
  }
}

function save(suite: string, json: string): void {
  const folder = new URL('./results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(`${suite}.json`, folder), json)
}
