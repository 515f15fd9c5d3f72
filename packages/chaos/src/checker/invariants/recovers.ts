import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

const BIN_MS = 1000
const RECOVERED = 0.9
/** Seconds before the first fault from which the usual throughput is known. */
const LEAST_BINS = 3

/** After the last fault, throughput is back to nine tenths of what it was before the first, in time. */
export const recovers: Invariant = {
  id: 'I17',
  title: 'throughput recovers',
  scope: 'run',
  kinds: ['end', 'fault', 'healed', 'sent'],
  undecidable({ recoverMs }, { faults, healedAt }) {
    if (recoverMs === undefined) return 'no time to recover was promised (recoverMs)'
    return faults.length > 0 && healedAt !== undefined ? undefined : 'nothing was broken and made whole again'
  },
  judge,
}

function judge({ breach, doubt, promised, circumstances }: Bench): Judge {
  const recoverMs = promised.recoverMs!
  const brokenAt = circumstances.faults[0]!.from
  const healed = circumstances.healedAt!
  const until = healed.at + recoverMs + BIN_MS
  const bins = { sent: new Map<number, number>(), done: new Map<number, number>() }
  let first = Infinity
  let last = -Infinity
  let fault: EventOf<'fault'> | undefined
  const note = (counts: Map<number, number>, at: number): void => {
    first = Math.min(first, at)
    last = Math.max(last, at)
    // Bins begin at the healing, so that none lies across it.
    const bin = Math.floor((at - healed.at) / BIN_MS)
    if (at < brokenAt || (at >= healed.at && at < until)) counts.set(bin, (counts.get(bin) ?? 0) + 1)
  }
  return seeing(
    {
      fault: (event) => void (fault ??= event),
      sent: ({ at }) => note(bins.sent, at),
      end: ({ at, outcome }) => void (outcome === 'done' && note(bins.done, at)),
    },
    () => {
      const before = wholeBins(bins.done, first, brokenAt, healed.at)
      if (before.length < LEAST_BINS) return doubt('the run was too short before the first fault')
      if (last < until) return doubt('the run was too short after the last fault')
      const usual = before.toSorted((a, b) => a - b)[Math.floor(before.length / 2)]!
      const after = [...bins.done].filter(([bin]) => bin >= 0).map(([, count]) => count)
      if (after.some((count) => count >= usual * RECOVERED)) return
      const offered = [...bins.sent].some(([bin, count]) => bin >= 0 && count >= usual * RECOVERED)
      if (!offered) return doubt('too little was sent after the last fault')
      const best = Math.max(0, ...after)
      breach(`${usual} tasks a second before, at most ${best} within ${recoverMs} ms after`, [fault!, healed])
    },
  )
}

/** Counts of the seconds that lie between the two moments as a whole. */
function wholeBins(
  counts: ReadonlyMap<number, number>,
  from: number,
  to: number,
  origin: number,
): readonly number[] {
  const firstBin = Math.ceil((from - origin) / BIN_MS)
  const lastBin = Math.floor((to - origin) / BIN_MS) - 1
  const whole: number[] = []
  for (let bin = firstBin; bin <= lastBin; bin += 1) whole.push(counts.get(bin) ?? 0)
  return whole
}
