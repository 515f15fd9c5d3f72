import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Workflows } from '@bananasjs/workflow'
import type { FileFacts } from './measure-file.ts'
import type { Duplicate, LanguageTotals, LargeFile, Problem, Report } from './report.ts'
import type { GatherInput } from './tasks.ts'

const PAGE = 500
const SHOWN = 20
const PATHS = 5

/**
 * Reads what every file's task returned, page by page, into a scratch database that does the adding up: memory stays
 * small for any number of files. Totals come from results, which are kept once per file, and never from counters,
 * which a task that runs twice would count up twice.
 */
export async function gatherReport(
  flows: Workflows,
  input: GatherInput,
  signal: AbortSignal,
): Promise<Report> {
  rmSync(input.scratch, { force: true })
  const facts = new DatabaseSync(input.scratch)
  try {
    facts.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE facts (path, bytes, lines, words, language, hash, ratio, problem)`)
    let page: FileFacts[] = []
    for await (const file of flows.results(input)) {
      page.push(file)
      if (page.length < PAGE) continue
      signal.throwIfAborted()
      insert(facts, page)
      page = []
    }
    insert(facts, page)
    return summarise(facts, input.folder)
  } finally {
    facts.close()
    rmSync(input.scratch, { force: true })
  }
}

function insert(facts: DatabaseSync, page: readonly FileFacts[]): void {
  const statement = facts.prepare('INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  facts.exec('BEGIN')
  for (const { path, bytes, lines, words, language, hash, ratio, problem = null } of page) {
    statement.run(path, bytes, lines, words, language, hash, ratio, problem)
  }
  facts.exec('COMMIT')
}

function summarise(facts: DatabaseSync, folder: string): Report {
  const all = (sql: string): readonly unknown[] => facts.prepare(sql).all()
  const one = (sql: string): unknown => all(sql)[0]
  const sums = one(
    `SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(lines), 0) AS lines,
      coalesce(sum(words), 0) AS words FROM facts WHERE problem IS NULL`,
  ) as Pick<Report, 'files' | 'bytes' | 'lines' | 'words'>
  facts.exec(`CREATE TABLE doubles AS SELECT hash, bytes, count(*) AS count FROM facts
    WHERE problem IS NULL AND bytes > 0 GROUP BY hash HAVING count > 1`)
  const wasted = one(
    'SELECT count(*) AS groups, coalesce(sum(bytes * (count - 1)), 0) AS bytes FROM doubles',
  ) as { groups: number; bytes: number }
  const problemCount = one('SELECT count(*) AS n FROM facts WHERE problem IS NOT NULL') as { n: number }
  return {
    folder,
    ...sums,
    languages: languagesOf(facts),
    largest: all(
      `SELECT path, bytes, language FROM facts WHERE problem IS NULL ORDER BY bytes DESC, path LIMIT ${SHOWN}`,
    ) as readonly LargeFile[],
    duplicates: duplicatesOf(facts),
    duplicateGroups: wasted.groups,
    wastedBytes: wasted.bytes,
    problems: all(
      `SELECT path, problem FROM facts WHERE problem IS NOT NULL ORDER BY path LIMIT ${SHOWN}`,
    ) as readonly Problem[],
    problemCount: problemCount.n,
  }
}

function languagesOf(facts: DatabaseSync): readonly LanguageTotals[] {
  const rows = facts.prepare(`SELECT language, count(*) AS files, sum(bytes) AS bytes, sum(lines) AS lines,
    sum(words) AS words, coalesce(sum(ratio * bytes) / nullif(sum(bytes), 0), 1) AS ratio
    FROM facts WHERE problem IS NULL GROUP BY language ORDER BY bytes DESC, language`)
  return rows.all() as unknown as readonly LanguageTotals[]
}

function duplicatesOf(facts: DatabaseSync): readonly Duplicate[] {
  const groups = facts
    .prepare(`SELECT hash, bytes, count FROM doubles ORDER BY bytes * (count - 1) DESC, hash LIMIT ${SHOWN}`)
    .all() as unknown as readonly Omit<Duplicate, 'paths'>[]
  const paths = facts.prepare(`SELECT path FROM facts WHERE hash = ? ORDER BY path LIMIT ${PATHS}`)
  return groups.map((group) => ({
    ...group,
    paths: (paths.all(group.hash) as unknown as readonly { path: string }[]).map(({ path }) => path),
  }))
}
