/** `850 ms`, `4.2 s`, `3.5 min`; a dash for what was not measured. */
export function inWords(ms: number | null | undefined): string {
  if (ms === undefined || ms === null) return '–'
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`
}

/** `99.95 %`, with as many digits as tell it from 100. */
export function percent(share: number | undefined): string {
  if (share === undefined) return '–'
  const digits = share > 0.999 && share < 1 ? 3 : 2
  // Never rounded up to a claim that was not reached.
  return `${(Math.floor(share * 100 * 10 ** digits) / 10 ** digits).toFixed(share === 1 ? 0 : digits)} %`
}

export function counted(count: number | undefined): string {
  return count === undefined ? '–' : count.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

const FATES = { held: 'kept', violated: 'broken', 'not checked': 'open' } as const

/** What became of a promise. */
export function fateInWords(outcome: keyof typeof FATES): string {
  return FATES[outcome]
}
