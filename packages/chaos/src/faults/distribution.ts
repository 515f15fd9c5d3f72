import { parseDuration, QueueError } from '@bananasjs/core'
import type { Duration } from '@bananasjs/core'

/** How long something takes: always the same, evenly between two ends, or with a long tail as networks have it. */
export type Distribution =
  | Duration
  | { readonly from: Duration; readonly to: Duration }
  | { readonly median: Duration; readonly p99: Duration }

/** The quantile of the standard normal distribution at 0.99. */
const Z99 = 2.3263

/**
 * Milliseconds for a uniform draw in [0, 1). With `median` and `p99` they follow the log-normal distribution through both.
 * @param label names the field in the error
 * @throws QueueError INVALID
 */
export function sampler(distribution: Distribution, label: string): (draw: number) => number {
  if (typeof distribution !== 'object') {
    const ms = parseDuration(distribution, label)
    return () => ms
  }
  if ('from' in distribution) {
    const from = parseDuration(distribution.from, `${label}.from`)
    const to = parseDuration(distribution.to, `${label}.to`)
    if (to < from) throw new QueueError('INVALID', `${label}: "to" (${to} ms) is before "from" (${from} ms).`)
    return (draw) => from + (to - from) * draw
  }
  const median = parseDuration(distribution.median, `${label}.median`)
  const p99 = parseDuration(distribution.p99, `${label}.p99`)
  if (!(median > 0) || p99 < median)
    throw new QueueError('INVALID', `${label}: "median" must be above 0 and "p99" not below it.`)
  const spread = Math.log(p99 / median) / Z99
  return (draw) => median * Math.exp(spread * normal(draw))
}

/** Inverse of the normal distribution by its logistic approximation (Bowling et al., 2009), good to 0.02 % in probability. */
function normal(draw: number): number {
  const p = Math.min(Math.max(draw, 1e-6), 1 - 1e-6)
  const target = Math.log(p / (1 - p))
  let z = target / 1.702
  for (let step = 0; step < 4; step += 1)
    z -= (0.07056 * z ** 3 + 1.5976 * z - target) / (0.21168 * z ** 2 + 1.5976)
  return z
}
