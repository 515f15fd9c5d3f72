import type { Report } from '../report.ts'
import { inWords } from '../wording.ts'
import { escapeHtml } from './escape-html.ts'
import { PAGE_STYLE } from './page-style.ts'
import { plotsOfReport } from './plots-of-report.ts'
import {
  expectationsTable,
  faultsTable,
  groupsTable,
  invariantsTable,
  listOf,
  phasesTable,
  tiles,
} from './sections.ts'

/** The report as one page that needs nothing else: no script, no font, no address that is looked up. */
export function renderHtml(report: Report): string {
  const { title, description, verdict, reasons, hints, notes } = report
  const sections: readonly (readonly [string, string])[] = [
    ['What to change', hints.length === 0 ? '' : listOf(hints)],
    ['Expectations', expectationsTable(report)],
    ['Over time', plotsOfReport(report)],
    ['Before, during, after', phasesTable(report)],
    ['Beside the control group', groupsTable(report)],
    ['Faults', faultsTable(report)],
    ['Promises', invariantsTable(report)],
    ['Notes', notes.length === 0 ? '' : listOf(notes)],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}: ${verdict}</title><style>${PAGE_STYLE}</style></head><body><main>
<span class="verdict ${verdict}">${verdict}</span>
<h1>${escapeHtml(title)}</h1>
${description === undefined ? '' : `<p>${escapeHtml(description)}</p>`}
<p class="quiet">${escapeHtml(`${report.stage} · ${inWords(report.durationMs)} · ${report.startedAt} · ${report.environment}`)}</p>
${listOf(reasons)}
${tiles(report)}
${sections
  .filter(([, body]) => body !== '')
  .map(([heading, body]) => `<section><h2>${heading}</h2>${body}</section>`)
  .join('\n')}
<footer>${escapeHtml(footerOf(report))}</footer>
</main></body></html>
`
}

function footerOf({ seed, versions, tags }: Report): string {
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [`seed ${seed}: with it the same tasks are hit again`, ...parts, ...tags].join(' · ')
}
