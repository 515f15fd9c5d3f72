import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * Prints what did not pass, then "N passed, N failed", from vitest's JSON reports:
 * `node scripts/test-totals.ts FAILED_STEPS REPORT...`. A test that was skipped and a file that could not be loaded count
 * as failed: nothing may pass by not running.
 */
interface TestResult {
  readonly status: string
  readonly fullName: string
  readonly failureMessages?: readonly string[]
}

interface TestFile {
  readonly name: string
  readonly status: string
  readonly message?: string
  readonly assertionResults: readonly TestResult[]
}

/** A failure is named with this much of its message: enough to see what it was, and no whole stack. */
const MESSAGE_LINES = 12

const [steps = '0', ...reports] = process.argv.slice(2)
const files = reports.filter((report) => existsSync(report)).flatMap((report) => testFilesOf(report))
const tests = files.flatMap(({ assertionResults }) => assertionResults)
const notPassed = files.flatMap((file) => [
  ...file.assertionResults
    .filter(({ status }) => status !== 'passed')
    .map((test) => failure(`${test.status}: ${test.fullName}`, file, test.failureMessages?.[0])),
  ...(couldNotLoad(file) ? [failure('not loaded', file, file.message)] : []),
])
const passed = tests.filter(({ status }) => status === 'passed').length
for (const one of notPassed) process.stdout.write(`${one}\n`)
process.stdout.write(`${passed} passed, ${notPassed.length + Number(steps)} failed\n`)

function testFilesOf(report: string): readonly TestFile[] {
  return (JSON.parse(readFileSync(report, 'utf8')) as { testResults: readonly TestFile[] }).testResults
}

function couldNotLoad({ status, assertionResults }: TestFile): boolean {
  return status === 'failed' && assertionResults.every((one) => one.status === 'passed')
}

function failure(what: string, { name }: TestFile, message = ''): string {
  const lines = message.split('\n').slice(0, MESSAGE_LINES)
  return [`✗ ${what} (${relative(process.cwd(), name)})`, ...lines.map((line) => `    ${line}`)].join('\n')
}
