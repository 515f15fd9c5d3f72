export interface Interval {
  readonly low: number
  readonly high: number
}

const Z95 = 1.959964

/** The interval for a share by E. B. Wilson (1927), two-sided, 95 % unless told otherwise. */
export function wilson(successes: number, total: number, z: number = Z95): Interval {
  if (total === 0) return { low: 0, high: 1 }
  const share = successes / total
  const square = (z * z) / total
  const middle = share + square / 2
  const half = z * Math.sqrt((share * (1 - share)) / total + square / (4 * total))
  return {
    low: Math.max(0, (middle - half) / (1 + square)),
    high: Math.min(1, (middle + half) / (1 + square)),
  }
}

/**
 * Do so many failures among so many tries prove that the share of successes is at least `target`? The exact one-sided
 * binomial bound of Clopper and Pearson (1934): were the share just `target`, so few failures would be less likely than
 * `1 - confidence`.
 */
export function provesShare(
  failures: number,
  total: number,
  target: number,
  confidence: number = 0.95,
): boolean {
  if (total === 0 || target <= 0) return target <= 0
  if (target >= 1) return false
  return atMostFailures(failures, total, 1 - target) <= 1 - confidence
}

/** How many tries without a failure prove a share of successes: 2,995 for 0.999 at 0.95. */
export function triesToProve(target: number, confidence: number = 0.95): number {
  return target <= 0 ? 0 : Math.ceil(Math.log(1 - confidence) / Math.log(target))
}

/** The binomial distribution up to `failures`, term by term in logarithms: thousands of tries underflow otherwise. */
function atMostFailures(failures: number, total: number, rate: number): number {
  let term = total * Math.log1p(-rate)
  let sum = Math.exp(term)
  for (let k = 1; k <= failures; k += 1) {
    term += Math.log((total - k + 1) / k) + Math.log(rate) - Math.log1p(-rate)
    sum += Math.exp(term)
  }
  return Math.min(1, sum)
}

/** A quantile of sorted numbers, by linear interpolation; `undefined` of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  if (sorted.length === 0) return undefined
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}
