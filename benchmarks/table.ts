import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { environmentLines } from './environment-lines.ts'
import { figure, ratioText } from './figures.ts'
import type { BenchDocument } from './report.ts'
import type { CaseReport, ContenderReport } from './rounds.ts'

const START = '<!-- benchmarks:start -->'
const END = '<!-- benchmarks:end -->'
const ORDER = ['redis', 'sqlite', 'rabbitmq', 'nats', 'sqs', 'workflow', 'chaos', 'memory', 'scale', 'core']
/** What the README shows; the page on performance shows all. */
const SHORT: readonly string[] = ['redis', 'sqlite']
const TITLES: Readonly<Record<string, string>> = {
  redis: 'On Redis',
  sqlite: 'On SQLite',
  rabbitmq: 'On RabbitMQ',
  nats: 'On NATS JetStream',
  sqs: 'On SQS (fauxqs)',
  workflow: 'Workflows',
  chaos: 'Chaos installed, and idle',
  memory: 'In memory',
  scale: 'A long queue',
  core: 'The core alone',
}

/**
 * One table per saved run, in a fixed order, with the environment below it.
 * @throws Error for a void run: its figures do not count
 */
export function renderTables(documents: readonly BenchDocument[]): string {
  const sorted = documents.toSorted((a, b) => ORDER.indexOf(a.suite) - ORDER.indexOf(b.suite))
  return sorted.map((document) => renderTable(document)).join('\n\n')
}

function renderTable(document: BenchDocument): string {
  if (!document.valid)
    throw new Error(
      `The saved run of ${document.suite} is void: some task was lost or ran twice. Run it again.`,
    )
  const names = columns(document.cases)
  const others = names.filter((name) =>
    document.cases.some(({ ratios }) => ratios.some(({ against }) => against === name)),
  )
  const header = ['work', ...names, ...others.map((name) => `÷ ${name}`)]
  const rows = document.cases.flatMap((one) => caseRows(one, names, others))
  const rule = header.map((_, index) => (index === 0 ? '---' : '--:'))
  const table = [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const notes = environmentLines(document.environment).map((line) => `<sub>${line}</sub>`)
  return [`**${TITLES[document.suite] ?? document.suite}**`, table, notes.join('<br>\n')].join('\n\n')
}

function columns(cases: readonly CaseReport[]): readonly string[] {
  return [...new Set(cases.flatMap(({ contenders }) => contenders.map(({ name }) => name)))]
}

function caseRows(one: CaseReport, names: readonly string[], others: readonly string[]): readonly string[][] {
  return one.measures.map(({ name: measure, unit }) => {
    const label = one.measures.length > 1 ? `${one.title}, ${measure} (${unit})` : `${one.title} (${unit})`
    const cells = names.map((name) =>
      cell(
        one.contenders.find((who) => who.name === name),
        measure,
      ),
    )
    const ratios = others.map((name) => {
      const found = one.ratios.find(({ against, measure: of }) => against === name && of === measure)
      return found === undefined ? '' : ratioText(found.ratio)
    })
    return [label, ...cells, ...ratios]
  })
}

/** Median, and the range when there was more than one round. */
function cell(contender: ContenderReport | undefined, measure: string): string {
  if (contender === undefined) return ''
  const { median, min, max } = contender.summary[measure]!
  return contender.rounds.length > 1 ? `${figure(median)} (${figure(min)}–${figure(max)})` : figure(median)
}

/** @throws Error when the two marks are not there, in this order */
export function replaceBetweenMarks(text: string, replacement: string): string {
  const start = text.indexOf(START)
  const end = text.indexOf(END, start)
  if (start === -1 || end === -1)
    throw new Error(`The page needs the lines ${START} and ${END}; the tables go between them.`)
  return `${text.slice(0, start + START.length)}\n\n${replacement}\n\n${text.slice(end)}`
}

if (import.meta.main) {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const files = globSync('results/*.json', { cwd: here })
  if (files.length === 0)
    throw new Error('Nothing is saved in benchmarks/results yet: run `pnpm bench <suite> --save`.')
  const documents = files.map((file) => JSON.parse(readFileSync(`${here}${file}`, 'utf8')) as BenchDocument)
  const short = documents.filter(({ suite }) => SHORT.includes(suite))
  for (const [page, shown] of [
    ['README.md', short],
    ['docs/performance.md', documents],
  ] as const) {
    const file = fileURLToPath(new URL(`../${page}`, import.meta.url))
    writeFileSync(file, replaceBetweenMarks(readFileSync(file, 'utf8'), renderTables(shown)))
  }
}
