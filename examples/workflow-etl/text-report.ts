import { formatCount, printable } from '../demo/format.ts'
import type { ColumnReport, EtlReport, TableReport } from './tasks.ts'

export function textReport({ tables, rows, rejected, largest, rejects, problems }: EtlReport): string {
  const blocks = [
    `${formatCount(tables)} tables, ${formatCount(rows)} rows, ${formatCount(rejected)} rows rejected`,
    ...largest.map(tableBlock),
  ]
  if (tables > largest.length) blocks.push(`… and ${formatCount(tables - largest.length)} smaller tables`)
  if (rejects.length > 0)
    blocks.push(
      lines(
        `Rejected${rejected > rejects.length ? `, the first ${rejects.length} of ${formatCount(rejected)}` : ''}`,
        rejects.map(({ table, line, reason }) => `${table}, line ${line}: ${reason}`),
      ),
    )
  if (problems.length > 0) blocks.push(lines('Files that could not be loaded', problems))
  return `${blocks.join('\n\n')}\n`
}

function tableBlock({ table, rows, rejected, columns }: TableReport): string {
  const title = `${table}: ${formatCount(rows)} rows${rejected === 0 ? '' : `, ${formatCount(rejected)} rejected`}`
  return lines(
    title,
    columns.map((column) => columnLine(column, rows)),
  )
}

function columnLine({ column, type, filled, least, most, mean }: ColumnReport, rows: number): string {
  const empty = filled === rows ? '' : `, ${formatCount(rows - filled)} empty`
  const range = least === null ? '' : `, ${least} to ${most}`
  const middle = mean === null ? '' : `, ${Number(mean.toPrecision(6))} on average`
  return `${column}: ${type}${range}${middle}${empty}`
}

function lines(title: string, rows: readonly string[]): string {
  return [title, ...rows.map((row) => `  ${printable(row)}`)].join('\n')
}
