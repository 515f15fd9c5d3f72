import { formatBytes, formatCount, formatSeconds, formatShare } from './format.ts'
import type { LanguageTotals, Report } from './report.ts'
import { STYLE } from './html-style.ts'
import type { RunFacts } from './text-report.ts'

const BARS = 12
const BAR_HEIGHT = 26

/** One page that needs nothing else: no script, no font, no picture from elsewhere. */
export function htmlReport(report: Report, run: RunFacts): string {
  const title = `What is in ${report.folder}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="brand">🍌 Bananas demo</p>
<h1>${escape(title)}</h1>
<p class="run">${escape(runText(run))}</p>
</header>
<main>
${cards(report)}
<section><h2>Languages</h2>
${chart(report.languages)}
${languageTable(report.languages)}
</section>
<section><h2>Largest files</h2>
${table(
  ['File', 'Language', 'Size'],
  report.largest.map(({ path, language, bytes }) => [
    code(path),
    escape(language),
    number(formatBytes(bytes)),
  ]),
)}
</section>
<section><h2>Duplicate contents</h2>
${duplicates(report)}
</section>
${problems(report)}
</main>
<footer><p>Every file was a durable task; this page was made by the last one, which waited for all others.</p></footer>
</body>
</html>
`
}

function runText({ measured, seconds, workers, deaths }: RunFacts): string {
  const rate = formatCount(Math.round(measured / Math.max(seconds, 0.001)))
  const died = deaths === 0 ? '' : ` ${deaths} workers died on the way and were replaced; nothing was lost.`
  return `${formatCount(measured)} files measured in ${formatSeconds(seconds)} by ${workers} workers, ${rate} files a second.${died}`
}

function cards({ files, bytes, lines, words, wastedBytes, languages }: Report): string {
  const facts = [
    ['Files', formatCount(files)],
    ['Size', formatBytes(bytes)],
    ['Lines', formatCount(lines)],
    ['Words', formatCount(words)],
    ['Languages', formatCount(languages.length)],
    ['In duplicates', formatBytes(wastedBytes)],
  ] as const
  const items = facts.map(
    ([name, value]) => `<div class="card"><dt>${name}</dt><dd>${escape(value)}</dd></div>`,
  )
  return `<dl class="cards">${items.join('')}</dl>`
}

/** Bars by size, each with what would be left of it after compression. */
function chart(languages: readonly LanguageTotals[]): string {
  const shown = languages.filter(({ bytes }) => bytes > 0).slice(0, BARS)
  if (shown.length === 0) return '<p>No file has any content.</p>'
  const largest = shown[0]!.bytes
  const rows = shown.map((one, index) => {
    const y = index * BAR_HEIGHT
    const width = Math.max(0.4, (70 * one.bytes) / largest)
    return `<text x="17%" y="${y + 17}" text-anchor="end">${escape(one.language)}</text>
<rect class="full" x="18%" y="${y + 4}" width="${width.toFixed(2)}%" height="${BAR_HEIGHT - 8}" rx="3"><title>${escape(`${one.language}: ${formatBytes(one.bytes)}`)}</title></rect>
<rect class="packed" x="18%" y="${y + 4}" width="${(width * one.ratio).toFixed(2)}%" height="${BAR_HEIGHT - 8}" rx="3"><title>${escape(`compresses to ${formatShare(one.ratio)}`)}</title></rect>
<text class="value" x="${(19 + width).toFixed(2)}%" y="${y + 17}">${escape(formatBytes(one.bytes))}</text>`
  })
  const label = `Size by language: ${shown.map(({ language, bytes }) => `${language} ${formatBytes(bytes)}`).join(', ')}`
  return `<svg class="chart" role="img" aria-label="${escape(label)}" width="100%" height="${shown.length * BAR_HEIGHT}">${rows.join('\n')}</svg>
<p class="legend"><span class="dot full"></span>size <span class="dot packed"></span>after compression</p>`
}

function languageTable(languages: readonly LanguageTotals[]): string {
  return table(
    ['Language', 'Files', 'Size', 'Lines', 'Words', 'Compresses to'],
    languages.map(({ language, files, bytes, lines, words, ratio }) => [
      escape(language),
      number(formatCount(files)),
      number(formatBytes(bytes)),
      number(formatCount(lines)),
      number(formatCount(words)),
      number(formatShare(ratio)),
    ]),
  )
}

function duplicates({ duplicates: groups, duplicateGroups, wastedBytes }: Report): string {
  if (groups.length === 0) return '<p>No two files have the same content.</p>'
  const intro = `<p>${formatCount(duplicateGroups)} contents exist more than once and take ${escape(formatBytes(wastedBytes))} too much.</p>`
  const rows = groups.map(({ count, bytes, paths }) => {
    const more = count > paths.length ? `<li>… and ${formatCount(count - paths.length)} more</li>` : ''
    const list = `<ul>${paths.map((path) => `<li>${code(path)}</li>`).join('')}${more}</ul>`
    return [number(formatCount(count)), number(formatBytes(bytes)), list]
  })
  return intro + table(['Copies', 'Size of one', 'Files'], rows)
}

function problems({ problems: some, problemCount }: Report): string {
  if (problemCount === 0) return ''
  const rows = some.map(({ path, problem }) => [code(path), escape(problem)])
  return `<section><h2>${formatCount(problemCount)} files could not be read</h2>${table(['File', 'Why'], rows)}</section>`
}

/** Cells are HTML already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumeric = (column: number): boolean => rows[0]?.[column]?.startsWith('<td class="number"') === true
  const titles = head
    .map(
      (title, column) => `<th scope="col"${isNumeric(column) ? ' class="number"' : ''}>${escape(title)}</th>`,
    )
    .join('')
  const body = rows.map(
    (row) => `<tr>${row.map((cell) => (cell.startsWith('<td') ? cell : `<td>${cell}</td>`)).join('')}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${titles}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}

function number(text: string): string {
  return `<td class="number">${escape(text)}</td>`
}

function code(text: string): string {
  return `<code>${escape(text)}</code>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** File names are not ours: nothing in them may become markup, or turn the text around. */
function escape(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
      // oxlint-disable-next-line no-control-regex -- showing control characters is the point
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
  )
}
