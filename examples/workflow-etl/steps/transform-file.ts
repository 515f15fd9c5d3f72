import { join } from 'node:path'
import { ColumnProfile } from '../csv/column-type.ts'
import { readLines, writeLines } from '../csv/staged-lines.ts'
import type { Extracted, Origin, Transformed } from '../tasks.ts'
import { rawFile } from './extract-file.ts'
import type { RawRow } from './extract-file.ts'

const NOTHING: ReadonlySet<string> = new Set(['null', 'n/a', 'na', '-'])

export async function transformFile(file: Extracted, signal: AbortSignal): Promise<Transformed> {
  const profiles = file.columns.map(() => new ColumnProfile())
  const rows = async function* (): AsyncGenerator<RawRow> {
    for await (const [line, ...cells] of readLines<RawRow>(rawFile(file))) {
      const clean = cells.map(cleaned)
      for (const [at, profile] of profiles.entries()) profile.add(clean[at] ?? '')
      yield [line, ...clean]
    }
  }
  await writeLines(cleanFile(file), rows(), signal)
  return { ...file, types: profiles.map(({ type }) => type) }
}

export function cleanFile({ stage, table }: Origin): string {
  return join(stage, `${table}.clean`)
}

/** No space around, one form of each character, and nothing where people write that there is nothing. */
function cleaned(cell: string): string {
  const text = cell.trim().normalize('NFC')
  return NOTHING.has(text.toLowerCase()) ? '' : text
}
