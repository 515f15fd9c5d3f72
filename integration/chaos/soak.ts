import type { Experiment } from '@bananasjs/chaos'

export interface SoakOptions {
  readonly tasks: number
  /** Tasks per second. */
  readonly rate: number
  /** Workers that are killed. */
  readonly kills: number
  /** Kills of the broker, each started again after 200 ms. */
  readonly restarts: number
}

const WARM_UP_MS = 5000
const RECOVERY_MS = 10_000
/** Faults come a little faster than they must, for a machine that stands still misses some; their limit keeps the number. */
const SPARE = 1.2

/** Very many tasks while workers and broker are killed again and again, the whole time. */
export function soak({ tasks, rate, kills, restarts }: SoakOptions): Experiment {
  const injectMs = Math.max(10_000, Math.round((tasks / rate) * 1000) - WARM_UP_MS - RECOVERY_MS)
  return {
    title: `${tasks} tasks, ${kills} killed workers, ${restarts} killed brokers`,
    steady: [
      { probe: 'success-rate', atLeast: 0.999, confidence: 0.95 },
      { probe: 'lost', equals: 0 },
    ],
    load: { shape: 'constant', rate, tasks, work: { from: 0, to: '20ms' }, retries: 20 },
    control: 0.05,
    phases: { warmUp: WARM_UP_MS, inject: injectMs, recovery: RECOVERY_MS, drain: '5m' },
    method: [
      {
        kind: 'process.kill',
        schedule: { every: Math.floor(injectMs / (SPARE * (kills + 1))) },
        limit: kills,
      },
      {
        kind: 'server.kill',
        schedule: { after: 500, every: Math.floor(injectMs / (SPARE * (restarts + 1))) },
        down: 200,
        limit: restarts,
      },
    ],
    safety: { maxDuration: '2h' },
  }
}
