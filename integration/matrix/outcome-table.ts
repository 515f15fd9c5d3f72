import type { Outcome } from './trial.ts'

const COLUMNS: readonly (readonly [string, (row: Outcome) => string | number])[] = [
  ['broker', (row) => row.broker],
  ['disturbance', (row) => row.disturbance],
  ['sent', (row) => row.sent],
  ['acknowledged', (row) => row.acknowledged],
  ['refused', (row) => row.refused],
  ['runs', (row) => row.runs],
  ['duplicated', (row) => row.duplicated],
  ['kills', (row) => row.kills],
  ['lost', (row) => row.lost.length],
  ['seconds', (row) => row.seconds.toFixed(1)],
]

/** As text, a row a trial. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const cells = [
    COLUMNS.map(([title]) => title),
    ...outcomes.map((row) => COLUMNS.map(([, of]) => String(of(row)))),
  ]
  const widths = COLUMNS.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  const isText = (at: number): boolean => at < 2
  return cells
    .map((row) =>
      row
        .map((cell, at) => (isText(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
