import { existsSync, readFileSync } from 'node:fs'

/**
 * Prints "N passed, N failed" from vitest's JSON reports: `node scripts/test-totals.ts FAILED_STEPS REPORT...`. A test that
 * was skipped and a file that could not be loaded count as failed: nothing may pass by not running.
 */
interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

const [steps = '0', ...files] = process.argv.slice(2)
const reports = files
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report)
const testFiles = reports.flatMap(({ testResults }) => testResults)
const tests = testFiles.flatMap(({ assertionResults }) => assertionResults)
const notPassed = tests.filter(({ status }) => status !== 'passed').length
const unloaded = testFiles.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((one) => one.status === 'passed'),
).length
process.stdout.write(`${tests.length - notPassed} passed, ${notPassed + unloaded + Number(steps)} failed\n`)
