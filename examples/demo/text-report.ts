import { formatBytes, formatCount, formatSeconds, formatShare, printable } from './format.ts'
import type { Report } from './report.ts'

/** How the run went, beside what it found. */
export interface RunFacts {
  readonly seconds: number
  /** Files measured in this process's time; fewer than all after a resumption. */
  readonly measured: number
  readonly workers: number
  readonly deaths: number
}

const SHOWN = 8

export function textReport(report: Report, run: RunFacts, bold: (text: string) => string): string {
  const { files, lines, words, bytes } = report
  const blocks = [
    `${bold(`${formatCount(files)} files`)}, ${formatBytes(bytes)}, ${formatCount(lines)} lines, ${formatCount(words)} words`,
    table(
      bold,
      ['language', 'files', 'size', 'lines', 'words', 'compresses to'],
      report.languages
        .slice(0, SHOWN * 2)
        .map((one) => [
          one.language,
          formatCount(one.files),
          formatBytes(one.bytes),
          formatCount(one.lines),
          formatCount(one.words),
          formatShare(one.ratio),
        ]),
    ),
    table(
      bold,
      ['largest files', 'size'],
      report.largest.slice(0, SHOWN).map(({ path, bytes: size }) => [shorten(path), formatBytes(size)]),
    ),
  ]
  if (report.duplicates.length > 0) blocks.push(duplicates(report, bold))
  if (report.problemCount > 0) blocks.push(problems(report, bold))
  blocks.push(runLine(run))
  return `${blocks.join('\n\n')}\n`
}

function duplicates(
  { duplicates: groups, duplicateGroups, wastedBytes }: Report,
  bold: (text: string) => string,
): string {
  const title = `${formatCount(duplicateGroups)} contents exist more than once and waste ${formatBytes(wastedBytes)}`
  const rows = groups
    .slice(0, SHOWN)
    .map(({ count, bytes, paths }) => [
      `${count} ×`,
      formatBytes(bytes),
      paths.slice(0, 2).map(shorten).join(', '),
    ])
  return `${title}\n${table(bold, ['copies', 'size', 'for example'], rows)}`
}

function problems({ problems: some, problemCount }: Report, bold: (text: string) => string): string {
  const rows = some.slice(0, SHOWN).map(({ path, problem }) => [shorten(path), problem])
  return table(bold, [`${formatCount(problemCount)} files could not be read`, 'why'], rows)
}

function runLine({ seconds, measured, workers, deaths }: RunFacts): string {
  const rate = formatCount(Math.round(measured / Math.max(seconds, 0.001)))
  const died = deaths === 0 ? '' : `; ${deaths} died and were replaced`
  return `${formatCount(measured)} files measured in ${formatSeconds(seconds)} by ${workers} workers (${rate} files/s)${died}.`
}

function shorten(path: string): string {
  const text = printable(path)
  return text.length <= 60 ? text : `…${text.slice(-59)}`
}

/** Every column but the last text one to the right, the first to the left. */
function table(
  bold: (text: string) => string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        isNumeric(rows, column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  return [bold(lines[0]!), ...lines.slice(1)].join('\n')
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.length > 0 && rows.every((row) => /^[\d.,]+( (B|KB|MB|GB|TB|%|×))?$/.test(row[column]!))
}
