import { parseDuration } from '@bananasjs/core'
import { maxDurationMs } from '../safety/permission.ts'
import type { Experiment } from './experiment.ts'

/** How long each part of a run takes. */
export interface RunSchedule {
  readonly warmUpMs: number
  readonly injectMs: number
  readonly rampMs: number
  readonly recoveryMs: number
  readonly drainMs: number
  /** Warm-up, injection and recovery. */
  readonly loadMs: number
  readonly maxMs: number
}

export function scheduleOf(experiment: Experiment): RunSchedule {
  const { warmUp = '5s', inject = '30s', ramp = 0, recovery = '10s', drain = '60s' } = experiment.phases ?? {}
  const warmUpMs = parseDuration(warmUp, 'phases.warmUp')
  const injectMs = parseDuration(inject, 'phases.inject')
  const recoveryMs = parseDuration(recovery, 'phases.recovery')
  return {
    warmUpMs,
    injectMs,
    rampMs: parseDuration(ramp, 'phases.ramp'),
    recoveryMs,
    drainMs: parseDuration(drain, 'phases.drain'),
    loadMs: warmUpMs + injectMs + recoveryMs,
    maxMs: maxDurationMs(experiment),
  }
}
