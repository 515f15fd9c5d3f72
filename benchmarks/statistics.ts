/** One measured figure over all rounds. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The middle value, or the mean of the middle two. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/**
 * Linear interpolation between closest ranks (type 7 of R. Hyndman and Y. Fan, Sample Quantiles in Statistical Packages, 1996).
 * @param share 0 to 100
 * @throws RangeError for no values or a share outside 0 to 100
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('A percentile needs at least one value.')
  if (!(share >= 0 && share <= 100))
    throw new RangeError(`A percentile lies between 0 and 100, not at ${share}.`)
  const sorted = values.toSorted((a, b) => a - b)
  const position = ((sorted.length - 1) * share) / 100
  const below = sorted[Math.floor(position)]!
  const above = sorted[Math.ceil(position)]!
  return below + (above - below) * (position - Math.floor(position))
}

/** @throws RangeError for no values */
export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: percentile(values, 0), max: percentile(values, 100) }
}
