import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readReport, withCapabilityTable } from '../packages/conformance/src/index.ts'
import type { Report } from '../packages/conformance/src/index.ts'
import { ROOT } from './packages.ts'

/**
 * Writes the capability tables: the README in the root shows all adapters, each package its own. Judges every adapter by
 * the conformance kit first, on the brokers of this machine; `--from folder` takes the reports of an earlier run
 * (BANANAS_CONFORMANCE_REPORT) instead. A package without a report keeps its table.
 */
interface Column {
  readonly title: string
  /** Reports of this adapter, by name: servers that declare the same share the column. */
  readonly reports: RegExp
  /** The README that shows this column alone. */
  readonly page: string
}

const COLUMNS: readonly Column[] = [
  { title: 'memory', reports: /^memory$/, page: 'packages/core/README.md' },
  { title: 'SQLite', reports: /^sqlite$/, page: 'packages/sqlite/README.md' },
  { title: 'Redis, Valkey', reports: /redis|valkey/, page: 'packages/redis/README.md' },
  { title: 'RabbitMQ', reports: /rabbitmq/, page: 'packages/rabbitmq/README.md' },
  { title: 'NATS', reports: /nats/, page: 'packages/nats/README.md' },
  { title: 'SQS', reports: /^sqs(?!.*fifo)/i, page: 'packages/sqs/README.md' },
  { title: 'SQS FIFO', reports: /^sqs.*fifo/i, page: 'packages/sqs/README.md' },
]

const from = process.argv.indexOf('--from')
const folder = from < 0 ? mkdtempSync(join(tmpdir(), 'bananas-reports-')) : (process.argv.at(from + 1) ?? '')
try {
  if (from < 0) judge(folder)
  const found = COLUMNS.flatMap((column) => columnsOf(column, reportsIn(folder)))
  write(
    'README.md',
    found.map(({ report }) => report),
  )
  for (const page of new Set(COLUMNS.map((column) => column.page))) {
    const own = found.filter((column) => column.page === page).map(({ report }) => report)
    if (own.length > 0) write(page, own)
  }
} finally {
  if (from < 0) rmSync(folder, { recursive: true, force: true })
}

function judge(reports: string): void {
  const files = globSync('packages/*/test/conformance*.test.ts', { cwd: ROOT }).filter(
    (file) => !/mutants|chaotic|walk-through/.test(file),
  )
  const { status } = spawnSync('vitest', ['run', '--project', 'conformance', ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, BANANAS_CONFORMANCE_REPORT: reports },
  })
  if (status !== 0) throw new Error('An adapter does not keep the contract: nothing was written.')
}

function reportsIn(reports: string): readonly Report[] {
  return readdirSync(reports)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => readReport(join(reports, file)))
}

/** One column for all servers that declare the same and hold as much; else one for each kind of them. */
function columnsOf(
  { title, reports, page }: Column,
  all: readonly Report[],
): readonly { readonly page: string; readonly report: Report }[] {
  const kinds = new Map<string, Report[]>()
  for (const report of all.filter(({ name }) => reports.test(name))) {
    const kind = JSON.stringify([report.supports, report.clauses.map(({ id, outcome }) => [id, outcome])])
    kinds.set(kind, [...(kinds.get(kind) ?? []), report])
  }
  return [...kinds.values()].map((alike) => {
    const names = alike.map(({ name }) => name).join(', ')
    return { page, report: { ...alike[0], name: kinds.size === 1 ? title : names } }
  })
}

function write(page: string, reports: readonly Report[]): void {
  const path = join(ROOT, page)
  if (!existsSync(path)) return
  writeFileSync(path, withCapabilityTable(readFileSync(path, 'utf8'), reports))
  process.stdout.write(`${page}: ${reports.map(({ name }) => name).join(', ')}\n`)
}
