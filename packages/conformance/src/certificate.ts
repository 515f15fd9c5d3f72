import { totals } from './report.ts'
import type { Finding, Report } from './report.ts'

/** The outcome as text: one line of figures, then whatever did not simply hold. */
export function formatCertificate(report: Report): string {
  const { held, replaced, failed } = totals(report)
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`)
  const cut = report.crash ? 'connections cut' : 'connections not cut (no crash in the harness)'
  const connections = report.supports.broker === undefined ? [] : [cut]
  const lines = [
    `${report.name}: ${report.clauses.length} clauses · ${held} held · ${replaced} replaced by declaration · ${failed} failed`,
    `  ${[...versions, ...connections].join(', ')}`,
  ]
  for (const { id, instead } of report.clauses.filter(({ outcome }) => outcome === 'replaced'))
    lines.push(`  ${id} replaced: ${instead}`)
  for (const finding of report.clauses.filter(({ outcome }) => outcome === 'failed'))
    lines.push(`  ${describeFailure(finding)}`)
  return lines.join('\n')
}

export function describeFailure({ id, sentence, error }: Finding): string {
  return `${id} FAILED: ${sentence}\n    ${(error ?? '').replaceAll('\n', '\n    ')}`
}
