import { join } from 'node:path'
import { toCell } from '../csv/column-type.ts'
import type { Cell } from '../csv/column-type.ts'
import { readLines, writeLines } from '../csv/staged-lines.ts'
import type { Origin, Transformed, Validated } from '../tasks.ts'
import type { RawRow } from './extract-file.ts'
import { cleanFile } from './transform-file.ts'

/** A row as it is loaded, or why it is not. */
export type JudgedRow =
  | { readonly line: number; readonly cells: readonly Cell[] }
  | { readonly line: number; readonly reason: string; readonly row: string }

export async function validateFile(file: Transformed, signal: AbortSignal): Promise<Validated> {
  let rejected = 0
  const rows = async function* (): AsyncGenerator<JudgedRow> {
    for await (const row of readLines<RawRow>(cleanFile(file))) {
      const judged = judge(file, row)
      if ('reason' in judged) rejected += 1
      yield judged
    }
  }
  await writeLines(judgedFile(file), rows(), signal)
  return { ...file, rejected }
}

export function judgedFile({ stage, table }: Origin): string {
  return join(stage, `${table}.judged`)
}

function judge({ columns, types }: Transformed, [line, ...texts]: RawRow): JudgedRow {
  const reject = (reason: string): JudgedRow => ({ line, reason, row: texts.join(' | ').slice(0, 1000) })
  if (texts.length !== columns.length) return reject(`${texts.length} cells in ${columns.length} columns`)
  const cells: Cell[] = []
  for (const [at, text] of texts.entries()) {
    const cell = toCell(text, types[at]!)
    if (cell === undefined) return reject(`${columns[at]}: "${text.slice(0, 60)}" is no ${types[at]}`)
    cells.push(cell)
  }
  return { line, cells }
}
