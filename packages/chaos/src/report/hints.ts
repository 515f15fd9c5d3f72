import type { Report } from './report.ts'

type Draft = Omit<Report, 'hints'>

interface Rule {
  readonly when: (report: Draft) => boolean
  readonly say: (report: Draft) => string
}

const RULES: readonly Rule[] = [
  {
    when: ({ groups }) => groups.fault.dead > 0,
    say: ({ groups }) =>
      `${groups.fault.dead} tasks ended as dead letters: raise retry.limit or retry.maxDelay so that retries outlast the faults, or redrive them afterwards.`,
  },
  {
    when: ({ groups, faults }) => groups.fault.dead > 0 && bit(faults, /^process\.|^task\.crash|^link\./),
    say: () =>
      'Some of the dead letters may be tasks that went down with one worker after the other, or whose hand-overs got lost on the way: their reason says "poison". Raise maxCrashes of the workers where that is nobody’s fault.',
  },
  {
    when: ({ groups }) => groups.fault.failedAttempts > groups.fault.acknowledged,
    say: ({ groups }) =>
      `${(groups.fault.attempts / Math.max(1, groups.fault.acknowledged)).toFixed(1)} attempts for each task: retries multiply the load. Set retry.jitter and a longer retry.delay.`,
  },
  {
    when: ({ faults, recovery }) =>
      bit(faults, /^process\.(kill|stop)|^task\.crash/) && (recovery.backlogMs ?? 0) > 15_000,
    say: ({ recovery }) =>
      `Tasks of dead workers came back late (${seconds(recovery.backlogMs)} of backlog): a shorter worker lease hands them on sooner.`,
  },
  {
    when: ({ invariants }) => violated(invariants, 'I4') || violated(invariants, 'I6'),
    say: () =>
      'Tasks ran again although nobody died: the worker lease is too short for pauses of the process or of the network. Raise lease, or make the handlers idempotent.',
  },
  {
    when: ({ groups }) => groups.fault.refused > 0,
    say: ({ groups }) =>
      `${groups.fault.refused} tasks were never acknowledged: producers gave up before the broker was back. Let them try longer, with the same id.`,
  },
  {
    when: ({ groups }) => groups.fault.lost > 0,
    say: () =>
      'Acknowledged tasks were lost: the broker does not keep what it said yes to. Check its durability with "bananas doctor": flush to disk on each write, or replicate to a quorum.',
  },
  {
    when: ({ recovery }) => (recovery.recoverMs ?? 0) > 5000,
    say: ({ recovery }) =>
      `Throughput took ${seconds(recovery.recoverMs)} to come back: look at the reconnect backoff of the driver, and at retries that all wait for the same moment.`,
  },
  {
    when: ({ groups: { fault, control } }) => (fault.p99Ms ?? 0) > 10 * (control.p99Ms ?? Infinity),
    say: ({ groups: { fault, control } }) =>
      `The slowest one per cent took ${seconds(fault.p99Ms)} under faults and ${seconds(control.p99Ms)} without: more concurrency, or fewer tasks fetched ahead (prefetch: false), keep fast tasks from waiting behind slow ones.`,
  },
  {
    when: ({ groups }) => groups.fault.wrong > 0,
    say: () =>
      'Wrong results were accepted: give the task an output schema, so that the worker refuses what does not fit.',
  },
]

/** What to change, by what was seen. */
export function hintsFor(report: Draft): readonly string[] {
  return RULES.filter(({ when }) => when(report)).map(({ say }) => say(report))
}

function bit(faults: Draft['faults'], kind: RegExp): boolean {
  return faults.some((fault) => fault.bites > 0 && kind.test(fault.kind))
}

function violated(invariants: Draft['invariants'], id: string): boolean {
  return invariants.some((one) => one.id === id && one.outcome === 'violated')
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'unknown' : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
