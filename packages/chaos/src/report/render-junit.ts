import { escapeHtml } from './html/escape-html.ts'
import type { Report } from './report.ts'

interface TestCase {
  readonly name: string
  readonly result: 'passed' | 'failure' | 'skipped'
  readonly text: string
}

/** Expectations, invariants and faults as test cases: for every CI there is. What is inconclusive fails, for it proves nothing. */
export function renderJunit(report: Report): string {
  const cases = casesOf(report)
  const failures = cases.filter(({ result }) => result === 'failure').length
  const skipped = cases.filter(({ result }) => result === 'skipped').length
  const title = escapeHtml(report.title)
  const seconds = (report.durationMs / 1000).toFixed(3)
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="${cases.length}" failures="${failures}" skipped="${skipped}" time="${seconds}">
<testsuite name="${title}" tests="${cases.length}" failures="${failures}" skipped="${skipped}" time="${seconds}" timestamp="${report.startedAt}">
${cases.map((one) => caseXml(one, title)).join('\n')}
</testsuite>
</testsuites>
`
}

function casesOf(report: Report): readonly TestCase[] {
  const { verdict, reasons, expectations, invariants, faults } = report
  return [
    {
      name: 'verdict',
      result: verdict === 'held' ? 'passed' : 'failure',
      text: `${verdict}: ${reasons.join('; ')}`,
    },
    ...expectations.map(({ text, outcome, measured, why }): TestCase => ({
      name: `expected ${text}`,
      result: outcome === 'held' ? 'passed' : 'failure',
      text: `${outcome}, measured ${measured ?? 'nothing'}${why === undefined ? '' : `: ${why}`}`,
    })),
    ...invariants.map(({ id, title, outcome, detail }): TestCase => ({
      name: `${id} ${title}`,
      result: outcome === 'held' ? 'passed' : outcome === 'violated' ? 'failure' : 'skipped',
      text: detail,
    })),
    ...faults.map(({ name, bites, error }): TestCase => ({
      name: `${name} bit`,
      result: bites > 0 ? 'passed' : 'failure',
      text: error ?? 'it never bit, so nothing was tested by it',
    })),
  ]
}

function caseXml({ name, result, text }: TestCase, suite: string): string {
  const head = `<testcase classname="${suite}" name="${escapeHtml(name)}"`
  if (result === 'passed') return `${head}/>`
  return `${head}><${result} message="${escapeHtml(text)}"/></testcase>`
}
