import { rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { readLines } from '../csv/staged-lines.ts'
import type { ColumnType } from '../csv/column-type.ts'
import type { LoadInput, Loaded, Validated } from '../tasks.ts'
import { judgedFile } from './validate-file.ts'
import type { JudgedRow } from './validate-file.ts'

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  integer: 'INTEGER',
  real: 'REAL',
  boolean: 'INTEGER',
  date: 'TEXT',
  text: 'TEXT',
}

/** Tables of the warehouse that are no file's. */
export const RESERVED: readonly string[] = ['rejects', 'loaded_columns', 'loaded_tables']

/** Builds the warehouse beside the old one, and puts it in its place when it is whole. */
export async function loadFiles({ files, warehouse }: LoadInput, signal: AbortSignal): Promise<Loaded> {
  const unfinished = `${warehouse}.${process.pid}`
  rmSync(unfinished, { force: true })
  const database = new DatabaseSync(unfinished)
  try {
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;
      CREATE TABLE loaded_tables (name TEXT PRIMARY KEY, path TEXT, accepted INTEGER, rejected INTEGER);
      CREATE TABLE loaded_columns (name TEXT, position INTEGER, title TEXT, type TEXT);
      CREATE TABLE rejects (name TEXT, line INTEGER, reason TEXT, content TEXT)`)
    for (const file of files) if (file.status === 'fulfilled') await loadFile(database, file.value, signal)
  } catch (error) {
    database.close()
    rmSync(unfinished, { force: true })
    throw error
  }
  database.close()
  await rename(unfinished, warehouse)
  return {
    warehouse,
    problems: files.flatMap((file) => (file.status === 'rejected' ? file.reason.message : [])),
  }
}

async function loadFile(database: DatabaseSync, file: Validated, signal: AbortSignal): Promise<void> {
  const { table, path, columns, types, rows, rejected } = file
  const titles = columns.map((title, at) => `${quoted(title)} ${SQL_TYPES[types[at]!]}`)
  database.exec('BEGIN')
  database.exec(`CREATE TABLE ${quoted(table)} (${titles.join(', ')})`)
  database
    .prepare('INSERT INTO loaded_tables VALUES (?, ?, ?, ?)')
    .run(table, path, rows - rejected, rejected)
  const describe = database.prepare('INSERT INTO loaded_columns VALUES (?, ?, ?, ?)')
  for (const [at, title] of columns.entries()) describe.run(table, at, title, types[at]!)
  const accept = database.prepare(
    `INSERT INTO ${quoted(table)} VALUES (${columns.map(() => '?').join(', ')})`,
  )
  const reject = database.prepare('INSERT INTO rejects VALUES (?, ?, ?, ?)')
  for await (const judged of readLines<JudgedRow>(judgedFile(file))) {
    signal.throwIfAborted()
    if ('reason' in judged) reject.run(table, judged.line, judged.reason, judged.row)
    else accept.run(...judged.cells)
  }
  database.exec('COMMIT')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
