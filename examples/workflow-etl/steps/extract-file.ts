import { join } from 'node:path'
import { BadFile } from '../csv/bad-file.ts'
import { readCsv } from '../csv/read-csv.ts'
import { writeLines } from '../csv/staged-lines.ts'
import type { Extracted, Origin } from '../tasks.ts'

/** Line and cells, as they stand in the file. */
export type RawRow = readonly [line: number, ...cells: string[]]

/** So many columns a table of SQLite may have. */
const MOST_COLUMNS = 2000

/** @throws BadFile for what is no table */
export async function extractFile(origin: Origin, signal: AbortSignal): Promise<Extracted> {
  let columns: readonly string[] = []
  let rows = 0
  const records = async function* (): AsyncGenerator<RawRow> {
    for await (const { line, cells } of readCsv(origin.path, signal)) {
      if (columns.length === 0) columns = columnNames(origin.path, cells)
      else {
        rows += 1
        yield [line, ...cells]
      }
    }
  }
  await writeLines(rawFile(origin), records(), signal)
  if (columns.length === 0) throw new BadFile(`${origin.path} is empty`)
  return { ...origin, columns, rows }
}

export function rawFile({ stage, table }: Origin): string {
  return join(stage, `${table}.raw`)
}

/** Each once, whatever its case: a table has no two columns of one name. */
function columnNames(path: string, cells: readonly string[]): readonly string[] {
  if (cells.length > MOST_COLUMNS)
    throw new BadFile(`${path} has ${cells.length} columns, of at most ${MOST_COLUMNS}`)
  const taken = new Set<string>()
  return cells.map((cell, at) => {
    const wanted = cell.trim() === '' ? `column_${at + 1}` : cell.trim()
    let name = wanted
    for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${wanted}_${count}`
    taken.add(name.toLowerCase())
    return name
  })
}
