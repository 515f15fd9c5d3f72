import type { ProbeName } from './experiment.ts'

/** What each probe says, for people. */
export const PROBE_TEXTS: Readonly<Record<ProbeName, string>> = {
  'success-rate': 'share of the acknowledged tasks that were done, and done right',
  'error-rate': 'share of the attempts that failed in the last ten seconds',
  lost: 'acknowledged tasks that never ran to their end and lie nowhere',
  dead: 'tasks that ended as dead letters',
  wrong: 'tasks whose result was not what it should be',
  duplicates: 'tasks that ran to their end more than once',
  'unexplained-duplicates': 'repeats that no fault accounts for',
  overlaps: 'tasks that two live workers ran at once',
  'latency-p50': 'median of the time from sending to the end',
  'latency-p99': '99th percentile of the time from sending to the end',
  throughput: 'tasks done a second, in the last ten seconds',
  recovery: 'time from the end of the faults until throughput was back at 90 %',
  'queue-depth': 'tasks that wait in the broker',
  'queue-age': 'age of the oldest task that is not done',
}

export const PROBES: readonly ProbeName[] = Object.keys(PROBE_TEXTS) as ProbeName[]
