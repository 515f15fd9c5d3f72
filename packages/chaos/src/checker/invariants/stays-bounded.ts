import type { HistoryEvent } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

const LEAST = 10
const Z95 = 1.96
const GROWTH = 0.1

/** A measure that should stay flat (memory, sockets, timers, listeners) does not grow. */
export const staysBounded: Invariant = {
  id: 'I18',
  title: 'what should stay flat does not grow',
  scope: 'gauge',
  kinds: ['gauge'],
  judge,
}

/**
 * A line through all measures by least squares. It grows when the 95 % interval of its slope is above 0 and the growth
 * over the whole run is more than the promised share of the mean: a slope that is certain and tiny is no leak.
 */
function judge({ breach, doubt, promised: { growth = GROWTH } }: Bench): Judge {
  const sums = { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 }
  // Evidence: as few measures as a line can be drawn through with certainty.
  const shown: HistoryEvent[] = []
  let origin: number | undefined
  let spanMs = 0
  return seeing(
    {
      gauge(event) {
        const x = event.at - (origin ??= event.at)
        const y = event.value
        spanMs = x
        sums.n += 1
        sums.x += x
        sums.y += y
        sums.xx += x * x
        sums.xy += x * y
        sums.yy += y * y
        shown.push(event)
        // Half as dense, as often as there are too many: they stay spread over the whole run.
        if (shown.length > 2 * LEAST)
          shown.splice(0, shown.length, ...shown.filter((_, index) => index % 2 === 0))
      },
    },
    () => {
      if (sums.n < LEAST) return doubt(`fewer than ${LEAST} measures`)
      const { slope, least } = slopeOf(sums)
      const mean = sums.y / sums.n
      if (least <= 0 || slope * spanMs <= growth * mean) return
      breach(`grew by ${Math.round(slope * spanMs)} from a mean of ${Math.round(mean)}`, shown)
    },
  )
}

interface Sums {
  readonly n: number
  readonly x: number
  readonly y: number
  readonly xx: number
  readonly xy: number
  readonly yy: number
}

/** Slope of the line, and the lower end of its interval. */
function slopeOf({ n, x, y, xx, xy, yy }: Sums): { readonly slope: number; readonly least: number } {
  const sxx = xx - (x * x) / n
  if (sxx <= 0) return { slope: 0, least: 0 }
  const sxy = xy - (x * y) / n
  const slope = sxy / sxx
  const residual = Math.max(0, yy - (y * y) / n - slope * sxy) / (n - 2)
  return { slope, least: slope - Z95 * Math.sqrt(residual / sxx) }
}
