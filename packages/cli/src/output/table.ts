import { mask } from './mask.ts'
import type { Paint } from './paint.ts'
import { sanitize } from './sanitize.ts'

export type Cell = string | number

/** Rows under bold headings, numbers to the right. Cells may hold anything: they are cleaned here. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): readonly string[] {
  const cells = rows.map((row) => row.map(clean))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => width(row[column] ?? ''))),
  )
  const numeric = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  )
  const head = headings.map((heading, column) => pad(heading, widths[column]!, numeric[column]!))
  const body = cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]!, numeric[column]!))
      .join('  ')
      .trimEnd(),
  )
  return [paint('bold', head.join('  ').trimEnd()), ...body]
}

function clean(cell: Cell): string {
  return sanitize(mask(String(cell)))
}

function pad(text: string, columns: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, columns - width(text)))
  return right ? fill + text : text + fill
}

/** Columns on a terminal: combining marks take none, wide East Asian characters and emoji two. */
function width(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let columns = 0
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return columns
}
