import type { Report } from '../report.ts'

/** All plots and the timeline share one measure, so that what happened at once stands one above the other. */
export const WIDTH = 960
export const LEFT = 64
export const RIGHT = 12

/** Milliseconds from the start → where on the page. */
export function scaleOf({ durationMs }: Pick<Report, 'durationMs'>): (ms: number) => number {
  const room = WIDTH - LEFT - RIGHT
  return (ms) => round(LEFT + (Math.min(Math.max(ms, 0), durationMs) / Math.max(1, durationMs)) * room)
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** The phases in the background: where faults were at work is shaded. */
export function phaseBands(report: Report, height: number): string {
  const x = scaleOf(report)
  return report.phases
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .map(({ name, fromMs, toMs }) => {
      const left = x(fromMs)
      const shade = name === 'faults' ? ' class="under-fault"' : ' class="phase"'
      return `<rect${shade} x="${left}" y="0" width="${round(x(toMs) - left)}" height="${height}"/>`
    })
    .join('')
}

const STEPS_MS = [1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000]
const MOST_LABELS = 12

/** Times below a plot. */
export function timeLabels(report: Report, y: number): string {
  const x = scaleOf(report)
  const stepMs = STEPS_MS.find((ms) => report.durationMs / ms <= MOST_LABELS) ?? 3_600_000
  const labels: string[] = []
  for (let ms = 0; ms <= report.durationMs; ms += stepMs)
    labels.push(`<text x="${x(ms)}" y="${y}" text-anchor="middle">${timeText(ms)}</text>`)
  return labels.join('')
}

function timeText(ms: number): string {
  return ms < 120_000 ? `${ms / 1000} s` : `${Math.round(ms / 6000) / 10} min`
}
