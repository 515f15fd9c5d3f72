import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Expectation } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import type { TaskEntry } from './ledger.ts'
import { judge, latencyMeasures } from './measures.ts'
import type { RunState } from './run-experiment.ts'

/** Tasks of the warm-up may still be running when it ends. */
const PATIENCE_MS = 5000
const LOOK_MS = 100

/** Judges the steady state before any fault. Returns why nothing may be broken here, or `undefined` when all is well. */
export async function steadyBefore(state: RunState, signal: AbortSignal): Promise<string | undefined> {
  const until = monotonicMs()
  const warm = state.ledger.entries.filter(({ sentAt }) => sentAt < until - LOOK_MS)
  if (state.schedule.warmUpMs === 0) return undefined
  while (warm.some(isOpen) && monotonicMs() < until + PATIENCE_MS && !signal.aborted)
    await sleep(systemRuntime, LOOK_MS, signal).catch(() => undefined)
  if (warm.length === 0)
    return 'no task was sent in the warm-up: the load is too thin, or the warm-up too short'
  const acknowledged = warm.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined)
  const done = acknowledged.filter(({ doneAt, wrong }) => doneAt !== undefined && !wrong)
  const sorted = Float64Array.from(done, ({ doneAt, sentAt }) => doneAt! - sentAt).sort()
  state.before = {
    'success-rate': acknowledged.length === 0 ? 0 : done.length / acknowledged.length,
    'error-rate': state.view.measure('error-rate') ?? 0,
    ...latencyMeasures(sorted),
  }
  const broken = state.experiment.steady
    .map((one) => brokenBefore(one, state))
    .find((text) => text !== undefined)
  return broken === undefined ? undefined : `the steady state did not hold before any fault: ${broken}`
}

function isOpen({ acknowledgedAt, doneAt, refused }: TaskEntry): boolean {
  return doneAt === undefined && !refused && acknowledgedAt !== undefined
}

/** Only what could be measured: the rest is judged at the end. */
function brokenBefore(expectation: Expectation, { before }: RunState): string | undefined {
  const { probe } = expectation
  const measured = typeof probe === 'string' ? before[probe] : undefined
  if (measured === undefined) return undefined
  // A claim needs more tasks than a warm-up has; its bound alone must hold.
  const { outcome, text } = judge({ ...expectation, confidence: undefined }, measured, {
    total: 0,
    failures: 0,
  })
  return outcome === 'deviated' ? `${text}, and it was ${Math.round(measured * 1000) / 1000}` : undefined
}
