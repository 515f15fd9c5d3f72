import type { Report, Verdict } from './report.ts'

type Seen = Pick<Report, 'faults' | 'expectations' | 'invariants' | 'groups'>

/** What to call a run. A fault that never bit has tested nothing, so such a run is never green. */
export function decide(
  seen: Seen,
  stopped: string | undefined,
): { readonly verdict: Verdict; readonly reasons: readonly string[] } {
  if (stopped !== undefined) return { verdict: 'aborted', reasons: [stopped] }
  const deviations = deviationsOf(seen)
  const doubts = doubtsOf(seen)
  if (deviations.length > 0) return { verdict: 'deviated', reasons: [...deviations, ...doubts] }
  if (doubts.length > 0) return { verdict: 'inconclusive', reasons: doubts }
  return { verdict: 'held', reasons: ['every expectation and every invariant held, and every fault bit'] }
}

function deviationsOf({ expectations, invariants }: Seen): readonly string[] {
  return [
    ...expectations
      .filter(({ outcome }) => outcome === 'deviated')
      .map(({ text, measured }) => `expected ${text}, measured ${shown(measured)}`),
    ...invariants
      .filter(({ outcome, id }) => outcome === 'violated' && id !== 'I1b')
      .map(({ id, title, detail }) => `${id}, ${title}: ${detail}`),
  ]
}

function doubtsOf({ faults, expectations, invariants, groups }: Seen): readonly string[] {
  return [
    ...faults
      .filter(({ bites }) => bites === 0)
      .map(({ name, error }) => `the fault ${name} never bit${error === undefined ? '' : ` (${error})`}`),
    ...(groups.fault.acknowledged === 0 ? ['no task was acknowledged'] : []),
    ...(groups.fault.unfinished > 0
      ? [`${groups.fault.unfinished} tasks had not ended when the drain was over`]
      : []),
    ...invariants
      .filter(({ outcome, id }) => outcome === 'violated' && id === 'I1b')
      .map(({ title, detail }) => `${title}: ${detail}`),
    ...expectations
      .filter(({ outcome }) => outcome === 'inconclusive')
      .map(({ text, why }) => `${text}: ${why}`),
  ]
}

function shown(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Math.round(value * 10_000) / 10_000)
}
