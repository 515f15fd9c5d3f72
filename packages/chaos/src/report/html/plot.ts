import type { Report } from '../report.ts'
import { escapeHtml } from './escape-html.ts'
import { LEFT, phaseBands, RIGHT, round, scaleOf, timeLabels, WIDTH } from './scale.ts'

/** A line of a plot: one number a step, `null` where nothing was measured. */
export interface Line {
  readonly label: string
  /** One of the style's: `fault`, `control`, `bad`. */
  readonly look: 'fault' | 'control' | 'bad'
  readonly values: readonly (number | null)[]
}

export interface PlotSpec {
  readonly title: string
  readonly lines: readonly Line[]
  /** Powers of ten, for what spans several of them. */
  readonly log?: boolean
  /** How a value is written at the axis. */
  readonly unit: (value: number) => string
}

const HEIGHT = 130
const BELOW = 20
const TOP = 8

/** Values over the time of the run, as SVG that stands by itself. Nothing when nothing was measured. */
export function plot(report: Report, { title, lines, log = false, unit }: PlotSpec): string {
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null))
  if (known.length === 0) return ''
  const axis = log ? logAxis(known) : linearAxis(known)
  const grid = axis.ticks.map((tick) => {
    const y = round(axis.y(tick))
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${escapeHtml(unit(tick))}</text>`
  })
  const paths = lines.map(
    ({ look, values }) => `<path class="line ${look}" d="${pathOf(report, values, axis.y)}"/>`,
  )
  const legend = lines
    .map(({ label, look }) => `<span class="key ${look}">${escapeHtml(label)}</span>`)
    .join(' ')
  return `<figure><figcaption><b>${escapeHtml(title)}</b> ${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT + BELOW}" role="img" aria-label="${escapeHtml(title)} over time">${phaseBands(report, HEIGHT)}${grid.join('')}${paths.join('')}${timeLabels(report, HEIGHT + 15)}</svg></figure>`
}

interface Axis {
  readonly ticks: readonly number[]
  readonly y: (value: number) => number
}

function linearAxis(values: readonly number[]): Axis {
  const top = niceTop(Math.max(...values))
  return { ticks: [0, top / 2, top], y: (value) => HEIGHT - (value / top) * (HEIGHT - TOP) }
}

function logAxis(values: readonly number[]): Axis {
  const low = Math.floor(Math.log10(Math.max(0.1, Math.min(...values))))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(0.1, ...values))))
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at))
  return {
    ticks,
    y: (value) => HEIGHT - ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (HEIGHT - TOP),
  }
}

/** The next of 1, 2 or 5 times a power of ten. */
function niceTop(most: number): number {
  if (!(most > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 5, 10].find((factor) => factor * power >= most) ?? 10) * power
}

/** A gap where nothing was measured; a point of its own is drawn as a short dash. */
function pathOf({ series, ...report }: Report, values: Line['values'], y: (value: number) => number): string {
  const x = scaleOf(report)
  let drawing = false
  return values
    .map((value, step) => {
      if (value === null) {
        drawing = false
        return ''
      }
      const point = `${x((step + 0.5) * series.stepMs)} ${round(y(value))}`
      const part = drawing ? `L${point}` : `M${point}h0.5`
      drawing = true
      return part
    })
    .join('')
}
