import { findRepeats } from './findings.ts'
import type { RunFindings } from './findings.ts'
import type { RunState } from './run-experiment.ts'

/** Its lease must end before a task comes back, and then a backoff may be waited for. */
const GRACE_MS = 30_000

/** A fault that takes leases, acknowledgements, connections or time away may make tasks run again. */
const MAY_REPEAT =
  /^(message\.(duplicate|drop-ack)|call\.|link\.|clock\.|server\.|process\.stop|task\.(block|burn|crash|timeout|exhaust|leak))/

/** Repeats and overlaps of the group under fault, each with what accounts for it. */
export function findingsOf({ ledger, injected, stage, endedAt }: RunState): RunFindings {
  const faults = injected
    .filter(({ step, armedAt }) => MAY_REPEAT.test(step.kind) && armedAt !== undefined)
    .map(({ armedAt, disarmedAt }) => ({ from: armedAt!, to: disarmedAt ?? endedAt }))
  const diedAt = new Map(stage.deaths.map(({ name, pid, at }) => [`${name}.${pid}`, at]))
  return findRepeats(
    ledger.entries.filter(({ group }) => group === 'fault'),
    { faults, diedAt, graceMs: GRACE_MS },
  )
}
