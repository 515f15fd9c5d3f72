import { parseDuration, QueueError } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import { nameOf } from '../faults/armed-fault.ts'
import type { Bites } from '../faults/bites.ts'
import { NO_BITES } from '../faults/bites.ts'
import { layerOf } from '../faults/catalog.ts'
import type { Fault } from '../faults/fault.ts'
import type { FaultSite, Injection } from '../faults/fault-site.ts'
import type { Audit } from '../safety/audit-log.ts'
import type { Experiment, Step } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import type { RunSchedule } from './schedule-of-run.ts'

/** One fault of the method, and what came of it. */
export interface Injected {
  readonly step: Step
  readonly site: FaultSite
  /** Monotonic ms; `undefined` while it is not armed. */
  armedAt: number | undefined
  disarmedAt: number | undefined
  injection: Injection | undefined
  /** Why it could not be armed or undone. */
  error: string | undefined
}

const TICK_MS = 100
/** A fault that does not end in this time is left to its own expiry. */
const UNDO_MS = 30_000
/** The end of its own that each fault has, beyond the one the experiment gives it. */
const SPARE_MS = 5000

/**
 * Which site each step is for.
 * @throws QueueError INVALID for a step that no site can take: nothing would be hit
 */
export function assignSites(
  experiment: Pick<Experiment, 'method'>,
  sites: readonly FaultSite[],
): readonly Injected[] {
  return experiment.method.map((step, at) => {
    const site = sites.find(({ kinds }) => kinds.includes(step.kind))
    if (site !== undefined)
      return { step, site, armedAt: undefined, disarmedAt: undefined, injection: undefined, error: undefined }
    const known = [...new Set(sites.flatMap(({ kinds }) => kinds.map(layerOf)))].join(', ')
    throw new QueueError(
      'INVALID',
      `method[${at}]: ${step.kind} hits nothing here. This stage takes faults of: ${known}. A ${layerOf(step.kind)} must be given to it.`,
    )
  })
}

/** The fault of a step, without its place in the run. */
export function faultOf({ at: _at, lasts: _lasts, ...fault }: Step): Fault {
  return fault
}

export interface InjectorOptions {
  readonly experiment: Pick<Experiment, 'method' | 'seed' | 'blast'>
  readonly schedule: Pick<RunSchedule, 'injectMs' | 'rampMs'>
  readonly injected: readonly Injected[]
  readonly audit: Audit
}

/** Arms each fault at its time, ramps rates up, and undoes everything at the end, whatever the end was. */
export async function inject(options: InjectorOptions, signal: AbortSignal): Promise<void> {
  const { schedule, injected } = options
  const startedAt = monotonicMs()
  try {
    while (!signal.aborted) {
      const elapsedMs = monotonicMs() - startedAt
      if (elapsedMs >= schedule.injectMs) return
      for (const one of injected) await step(options, one, elapsedMs)
      const leftMs = schedule.injectMs - (monotonicMs() - startedAt)
      await sleep(systemRuntime, Math.max(0, Math.min(TICK_MS, leftMs)), signal).catch(() => undefined)
    }
  } finally {
    await undoAll(options)
  }
}

/** Ends every fault and waits until nothing is left of it. Idempotent. */
export async function undoAll({
  injected,
  audit,
}: Pick<InjectorOptions, 'injected' | 'audit'>): Promise<void> {
  await Promise.all(injected.map((one) => disarm(one, audit)))
}

export function bitesOf({ injection }: Injected): Bites {
  return injection?.bites() ?? NO_BITES
}

async function step(
  { experiment, schedule, audit }: InjectorOptions,
  one: Injected,
  elapsedMs: number,
): Promise<void> {
  const fromMs = parseDuration(one.step.at ?? 0, 'at')
  const lastsMs =
    one.step.lasts === undefined ? schedule.injectMs - fromMs : parseDuration(one.step.lasts, 'lasts')
  if (elapsedMs >= fromMs + lastsMs) return void disarm(one, audit)
  if (elapsedMs < fromMs) return
  one.injection?.scale(rampShare(schedule, elapsedMs))
  if (one.armedAt !== undefined) return
  one.armedAt = monotonicMs()
  const fault = faultOf(one.step)
  audit('arm', { fault, site: one.site.name, targets: one.site.targets(fault) })
  try {
    const forMs = Math.max(1, fromMs + lastsMs - elapsedMs) + SPARE_MS
    const seed = (experiment.seed ?? 1) + experiment.method.indexOf(one.step)
    one.injection = await one.site.arm(fault, { forMs, seed, blast: experiment.blast })
    one.injection.scale(rampShare(schedule, elapsedMs))
  } catch (error) {
    one.error = error instanceof Error ? error.message : String(error)
    audit('not armed', { fault: nameOf(fault), error: one.error })
  }
}

function rampShare({ rampMs }: Pick<RunSchedule, 'rampMs'>, elapsedMs: number): number {
  return rampMs === 0 ? 1 : Math.min(1, elapsedMs / rampMs)
}

async function disarm(one: Injected, audit: Audit): Promise<void> {
  if (one.injection === undefined || one.disarmedAt !== undefined) return
  one.disarmedAt = monotonicMs()
  const inTime = new AbortController()
  try {
    const late = sleep(systemRuntime, UNDO_MS, inTime.signal).then(() => {
      throw new QueueError('TASK_TIMEOUT', `${nameOf(one.step)} did not end within ${UNDO_MS} ms.`)
    })
    late.catch(() => undefined)
    await Promise.race([one.injection.disarm(), late])
  } catch (error) {
    one.error = error instanceof Error ? error.message : String(error)
  } finally {
    // Else the process would be kept alive by the wait.
    inTime.abort()
  }
  audit('disarm', { fault: nameOf(one.step), bites: bitesOf(one), error: one.error })
}
