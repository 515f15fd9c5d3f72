import type { TaskEntry } from '../experiment/ledger.ts'
import type { Sample } from '../experiment/live-view.ts'
import type { Series } from './report.ts'
import { quantile } from './statistics.ts'

/** More points than this no plot shows. */
const MOST_STEPS = 600

/** What happened over time, second by second, or coarser for long runs. */
export function seriesOf(
  entries: readonly TaskEntry[],
  samples: readonly Sample[],
  times: { readonly startedAt: number; readonly durationMs: number },
): Series {
  const stepMs = Math.max(1000, Math.ceil(times.durationMs / MOST_STEPS / 1000) * 1000)
  const steps = Math.max(1, Math.ceil(times.durationMs / stepMs))
  const stepOf = (at: number): number =>
    Math.min(steps - 1, Math.max(0, Math.floor((at - times.startedAt) / stepMs)))
  const counts = (): number[] => Array.from({ length: steps }, () => 0)
  const done = { fault: counts(), control: counts() }
  const failures = counts()
  const latencies: number[][] = Array.from({ length: steps }, () => [])
  for (const { group, doneAt, sentAt, runs } of entries) {
    for (const { outcome, endedAt } of runs)
      if (outcome === 'failed' && endedAt !== undefined) failures[stepOf(endedAt)]! += 1
    if (doneAt === undefined) continue
    done[group][stepOf(doneAt)]! += 1
    if (group === 'fault') latencies[stepOf(doneAt)]!.push(doneAt - sentAt)
  }
  const sorted = latencies.map((ms) => Float64Array.from(ms).sort())
  const perSecond = (count: number): number => round((count * 1000) / stepMs)
  return {
    stepMs,
    throughput: done.fault.map(perSecond),
    controlThroughput: done.control.map(perSecond),
    failures: failures.map(perSecond),
    p50: sorted.map((ms) => rounded(quantile(ms, 0.5))),
    p99: sorted.map((ms) => rounded(quantile(ms, 0.99))),
    depth: lastOfStep(samples, steps, stepOf, ({ depth }) => depth),
    age: lastOfStep(samples, steps, stepOf, ({ ageMs }) => ageMs),
  }
}

// oxlint-disable-next-line max-params -- samples, their places, and what of them
function lastOfStep(
  samples: readonly Sample[],
  steps: number,
  stepOf: (at: number) => number,
  value: (sample: Sample) => number | undefined,
): readonly (number | null)[] {
  const found: (number | null)[] = Array.from({ length: steps }, () => null)
  for (const sample of samples) found[stepOf(sample.at)] = rounded(value(sample))
  return found
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : round(value)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
