import type { FaultReport, Report } from '../report.ts'
import { counted, inWords } from '../wording.ts'
import { escapeHtml } from './escape-html.ts'
import { LEFT, phaseBands, round, scaleOf, timeLabels, WIDTH } from './scale.ts'

const LANE = 30
const BELOW = 20
const MOST_LETTERS = 100

/** Each fault as a lane: pale while it was armed, full from its first bite to its last. */
export function timeline(report: Report): string {
  const height = report.faults.length * LANE + 4
  const lanes = report.faults.map((fault, at) => lane(report, fault, at * LANE + 4))
  return `<figure><figcaption><b>Faults</b> <span class="key armed">armed</span> <span class="key bad">first to last bite</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${height + BELOW}" role="img" aria-label="Faults over time">${phaseBands(report, height)}${lanes.join('')}${timeLabels(report, height + 15)}</svg></figure>`
}

/** The name stands above its bar: so it is read wherever the bar begins. */
function lane(report: Report, fault: FaultReport, y: number): string {
  const { name, fromMs, toMs = report.durationMs, firstMs, lastMs, bites } = fault
  const x = scaleOf(report)
  const bar = (look: string, from: number, to: number): string =>
    `<rect class="${look}" x="${x(from)}" y="${y + 15}" width="${Math.max(2, round(x(to) - x(from)))}" height="7" rx="2"/>`
  const armed = fromMs === undefined ? '' : bar('armed', fromMs, toMs)
  const bitten = firstMs === undefined ? '' : bar('bite', firstMs, lastMs ?? firstMs)
  const text = `${name.slice(0, MOST_LETTERS)} · ${bites === 0 ? 'never bit' : `${counted(bites)} ×`}`
  const told = `${name}: ${bites} bites, first after ${inWords(firstMs)}, last after ${inWords(lastMs)}`
  return `<g><title>${escapeHtml(told)}</title>${armed}${bitten}<text class="name" x="${LEFT}" y="${y + 11}">${escapeHtml(text)}</text></g>`
}
