import { existsSync, readFileSync } from 'node:fs'

/**
 * Prints "N passed, N failed" from vitest's JSON report: `node scripts/test-totals.ts REPORT FAILED_STEPS`. A test that was
 * skipped and a file that could not be loaded count as failed: nothing may pass by not running.
 */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

const [file = '', steps = '0'] = process.argv.slice(2)
const report: Report = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Report)
  : { numPassedTests: 0, testResults: [] }
const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
const notPassed = results.filter(({ status }) => status !== 'passed').length
const unloaded = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((one) => one.status === 'passed'),
).length
process.stdout.write(`${results.length - notPassed} passed, ${notPassed + unloaded + Number(steps)} failed\n`)
