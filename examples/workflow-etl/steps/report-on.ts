import { DatabaseSync } from 'node:sqlite'
import type { ColumnReport, EtlReport, Loaded, TableReport } from '../tasks.ts'
import { quoted } from './load-files.ts'

const TABLES = 10
const COLUMNS = 12
const REJECTS = 10

/** What the warehouse holds, read from the warehouse. */
export function reportOn({ warehouse, problems }: Loaded): EtlReport {
  const database = new DatabaseSync(warehouse, { readOnly: true })
  try {
    const all = (sql: string, ...values: readonly number[]): readonly unknown[] =>
      database.prepare(sql).all(...values)
    const [totals] = all(
      `SELECT count(*) AS tables, coalesce(sum(accepted), 0) AS rows, coalesce(sum(rejected), 0) AS rejected
       FROM loaded_tables`,
    ) as [Pick<EtlReport, 'tables' | 'rows' | 'rejected'>]
    const largest = all(
      `SELECT name AS "table", accepted AS rows, rejected FROM loaded_tables ORDER BY rows DESC, name LIMIT ?`,
      TABLES,
    ) as readonly Omit<TableReport, 'columns'>[]
    return {
      ...totals,
      largest: largest.map((table) => ({ ...table, columns: columnsOf(database, table.table) })),
      rejects: all(
        `SELECT name AS "table", line, reason FROM rejects ORDER BY name, line LIMIT ?`,
        REJECTS,
      ) as EtlReport['rejects'],
      problems: [...problems].toSorted(),
    }
  } finally {
    database.close()
  }
}

function columnsOf(database: DatabaseSync, table: string): readonly ColumnReport[] {
  const columns = database
    .prepare(`SELECT title, type FROM loaded_columns WHERE name = ? ORDER BY position LIMIT ?`)
    .all(table, COLUMNS) as unknown as readonly { title: string; type: ColumnReport['type'] }[]
  return columns.map(({ title, type }) => {
    const name = quoted(title)
    const mean = type === 'integer' || type === 'real' ? `avg(${name})` : 'NULL'
    const shown = (pick: string): string =>
      type === 'text' ? `substr(${pick}(${name}), 1, 30)` : `${pick}(${name})`
    const facts = database
      .prepare(
        `SELECT count(${name}) AS filled, ${shown('min')} AS least, ${shown('max')} AS most, ${mean} AS mean
         FROM ${quoted(table)}`,
      )
      .get() as unknown as Omit<ColumnReport, 'column' | 'type'>
    return { column: title, type, ...facts }
  })
}
