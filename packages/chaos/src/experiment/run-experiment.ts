import { QueueError } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Judgement } from '../checker/findings.ts'
import { buildReport } from '../report/build-report.ts'
import type { Report } from '../report/report.ts'
import { auditLog } from '../safety/audit-log.ts'
import type { Audit } from '../safety/audit-log.ts'
import { KillSwitch } from '../safety/kill-switch.ts'
import { checkPermission, environmentOf } from '../safety/permission.ts'
import { claimTarget } from '../safety/target-claim.ts'
import { checkExperiment } from './check-experiment.ts'
import type { Experiment, Rollback } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import { assignSites, inject, undoAll } from './injector.ts'
import type { Injected } from './injector.ts'
import { judgeRun, recordRunEnd } from './judge-run.ts'
import { Ledger } from './ledger.ts'
import { LiveView } from './live-view.ts'
import { generateLoad } from './load-generator.ts'
import { loadProfile } from './load-profile.ts'
import { settleRun } from './settle-run.ts'
import { scheduleOf } from './schedule-of-run.ts'
import type { RunSchedule } from './schedule-of-run.ts'
import type { Stage } from './stage.ts'
import { steadyBefore } from './steady-before.ts'
import type { Measures } from './measures.ts'
import { CONTROL_QUEUE, WORK_QUEUE } from './work.ts'

export interface RunOptions {
  readonly stage: Stage
  /** In place of BANANAS_CHAOS=allow. */
  readonly enabled?: boolean | undefined
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** File that everything the experiment does is appended to. */
  readonly audit?: string | undefined
  readonly namespace?: string | undefined
  /** Ends the experiment. */
  readonly signal?: AbortSignal | undefined
  /** Signals of the process that end it. Default SIGUSR2, SIGINT, SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Told what goes on, in words. */
  readonly onProgress?: ((text: string) => void) | undefined
}

/** What the phases of a run share. */
export interface RunState {
  readonly experiment: Experiment
  readonly schedule: RunSchedule
  readonly stage: Stage
  readonly ledger: Ledger
  readonly view: LiveView
  readonly injected: readonly Injected[]
  readonly startedAt: number
  /** Why it was ended before its time. */
  stopped: string | undefined
  /** Measured before any fault. */
  before: Measures
  /** Monotonic ms. */
  faultsFrom: number
  faultsTo: number
  loadTo: number
  endedAt: number
  drained: boolean | undefined
  /** Of the checker, once all is over; `undefined` where nothing was written down. */
  judgement: Judgement | undefined
  /** What probes of one's own answered last. */
  readonly custom: Map<string, number>
  readonly now: () => number
}

const NAMESPACE = 'bananas-chaos'
const WATCH_MS = 250
const SAMPLE_EVERY = 4

/**
 * Runs an experiment: load, steady state, faults, and, whatever happened, the end of all faults, rollbacks, recovery and a
 * report. Does not close the stage.
 * @throws QueueError DENIED when it may not run here, INVALID for what is wrong with it, CONFLICT when another one runs
 */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<Report> {
  checkExperiment(experiment)
  const around = { env: options.env ?? process.env, enabled: options.enabled }
  checkPermission(experiment, around)
  const { stage, namespace = NAMESPACE } = options
  const injected = assignSites(experiment, stage.sites)
  checkWork(experiment, stage)
  const audit = auditLog(options.audit)
  await using killSwitch = new KillSwitch(options)
  const { channel, results } = stage.parts
  if (channel !== undefined) await killSwitch.connect(channel, namespace)
  const release = await claimTarget(results, namespace, { title: experiment.title })
  const state = begin(experiment, stage, injected)
  audit('start', { title: experiment.title, seed: experiment.seed ?? 1, environment: environmentOf(around) })
  try {
    await clear(stage)
    await stage.start()
    await play(state, { audit, killSwitch, options })
  } finally {
    await undoAll({ injected, audit })
    await rollBack(state, audit)
    await release()
  }
  state.judgement = judgeRun(state)
  const report = buildReport(state, environmentOf(around))
  audit('end', { verdict: report.verdict, reasons: report.reasons })
  return report
}

/** @throws QueueError INVALID when the load names a task that this stage has not */
function checkWork({ load }: Experiment, { own }: Stage): void {
  if (load.task === undefined || load.task === own?.task.name) return
  const has = own === undefined ? 'none of its own' : `"${own.task.name}"`
  throw new QueueError('INVALID', `load.task: this stage has ${has}, not "${load.task}". Give it with "own".`)
}

/** What an experiment that died has left behind is not of this one. */
async function clear({ observer }: Stage): Promise<void> {
  if (!observer.broker.supports.purge) return
  for (const queue of [WORK_QUEUE, CONTROL_QUEUE]) await observer.queues.purge(queue)
}

function begin(experiment: Experiment, stage: Stage, injected: readonly Injected[]): RunState {
  const ledger = new Ledger()
  const startedAt = monotonicMs()
  return {
    experiment,
    schedule: scheduleOf(experiment),
    stage,
    ledger,
    view: new LiveView(ledger, stage.observer),
    injected,
    startedAt,
    stopped: undefined,
    before: {},
    faultsFrom: startedAt,
    faultsTo: startedAt,
    loadTo: startedAt,
    endedAt: startedAt,
    drained: undefined,
    judgement: undefined,
    custom: new Map(),
    now: monotonicMs,
  }
}

interface Direction {
  readonly audit: Audit
  readonly killSwitch: KillSwitch
  readonly options: RunOptions
}

async function play(state: RunState, { audit, killSwitch, options }: Direction): Promise<void> {
  const { schedule, experiment, ledger, stage } = state
  const say = options.onProgress ?? (() => undefined)
  const outside =
    options.signal === undefined ? killSwitch.signal : AbortSignal.any([killSwitch.signal, options.signal])
  const over = new AbortController()
  const ended = new AbortController()
  const watching = watch(state, { audit, outside, over, ended: ended.signal })
  const loadEnd = new AbortController()
  const due = loadProfile(experiment.load, schedule.loadMs)
  const { sender, observer, run } = stage
  const loading = generateLoad({
    experiment,
    due,
    ledger,
    sender,
    control: observer,
    own: stage.own,
    run,
    signal: loadEnd.signal,
  })
  try {
    say(`warm-up, ${schedule.warmUpMs / 1000} s`)
    await pause(schedule.warmUpMs, over.signal)
    state.faultsFrom = monotonicMs()
    state.faultsTo = state.faultsFrom
    if (!over.signal.aborted) {
      const unsteady = await steadyBefore(state, over.signal)
      state.stopped ??= unsteady // who stopped it meanwhile has said why
    }
    if (state.stopped === undefined && !over.signal.aborted) {
      say(`faults, ${schedule.injectMs / 1000} s: ${experiment.method.map(({ kind }) => kind).join(', ')}`)
      state.faultsFrom = monotonicMs()
      await inject({ experiment, schedule, injected: state.injected, audit }, over.signal)
      state.faultsTo = monotonicMs()
      say(`recovery, ${schedule.recoveryMs / 1000} s`)
      await pause(schedule.recoveryMs, over.signal)
    }
  } finally {
    state.loadTo = monotonicMs()
    loadEnd.abort()
    await loading
    say('waiting until everything has ended')
    await settleRun(state, outside)
    await recordRunEnd(state)
    await askCustom(state)
    ended.abort()
    await watching
  }
}

/** Reads what workers write, looks at the queue each second, and ends the run when a stop condition is met. */
async function watch(
  state: RunState,
  how: { audit: Audit; outside: AbortSignal; over: AbortController; ended: AbortSignal },
): Promise<void> {
  const { stage, ledger, view, experiment, schedule } = state
  const { outside, over, ended, audit } = how
  const stop = (reason: string): void => {
    if (over.signal.aborted) return
    state.stopped = reason
    audit('stop', { reason })
    over.abort()
  }
  const onOutside = (): void => stop(reasonOf(outside))
  // Not at the next look: whoever pulls the switch wants the faults gone now.
  outside.addEventListener('abort', onOutside, { once: true })
  if (outside.aborted) onOutside()
  for (let look = 0; !ended.aborted; look += 1) {
    for (const fact of stage.facts()) ledger.add(fact)
    if (look % SAMPLE_EVERY === 0) view.sample()
    if (monotonicMs() - state.startedAt > schedule.maxMs)
      stop(`it took longer than safety.maxDuration, ${schedule.maxMs} ms`)
    const met = over.signal.aborted ? undefined : await view.firstMet(experiment.stop ?? [])
    if (met !== undefined) stop(`stop condition: ${met}`)
    await pause(WATCH_MS, ended)
  }
  outside.removeEventListener('abort', onOutside)
}

/** One that does not answer has measured nothing. */
async function askCustom({ experiment, custom }: RunState): Promise<void> {
  for (const { probe } of experiment.steady) {
    if (typeof probe === 'string') continue
    try {
      custom.set(probe.name, await probe.measure())
    } catch {
      custom.delete(probe.name)
    }
  }
}

/** All of them, each on its own: one that fails keeps no other from running. */
async function rollBack({ experiment, stage }: RunState, audit: Audit): Promise<void> {
  for (const rollback of experiment.rollbacks ?? []) {
    try {
      await doRollback(rollback, stage)
      audit('rollback', { rollback: typeof rollback === 'string' ? rollback : rollback.name })
    } catch (error) {
      audit('rollback failed', { error: error instanceof Error ? error.message : String(error) })
    }
  }
}

async function doRollback(rollback: Rollback, { observer, sender }: Stage): Promise<void> {
  if (typeof rollback === 'function') return rollback()
  if (rollback === 'redrive') await observer.queues.redrive(WORK_QUEUE)
  else await sender.control.send('resume')
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(systemRuntime, ms, signal).catch(() => undefined)
}

function reasonOf({ reason }: AbortSignal): string {
  return typeof reason === 'string' ? reason : reason instanceof Error ? reason.message : 'stopped'
}
