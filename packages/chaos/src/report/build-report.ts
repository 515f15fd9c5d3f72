import type { Expectation } from '../experiment/experiment.ts'
import { findingsOf } from '../experiment/findings-of-run.ts'
import { bitesOf } from '../experiment/injector.ts'
import { judge } from '../experiment/measures.ts'
import type { Measures } from '../experiment/measures.ts'
import type { RunState } from '../experiment/run-experiment.ts'
import { nameOf } from '../faults/armed-fault.ts'
import { figuresOf } from './figures.ts'
import { hintsFor } from './hints.ts'
import { judgeInvariants } from './invariants.ts'
import { withHistory } from './invariants-of-history.ts'
import { measuresOf } from './measures-of-run.ts'
import { phaseFigures } from './phase-figures.ts'
import { recoveryOf } from './recovery.ts'
import type { FaultReport, GroupFigures, Report, Success } from './report.ts'
import { seriesOf } from './series.ts'
import { provesShare, wilson } from './statistics.ts'
import { decide } from './verdict.ts'

const SHARES = [0.9, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999]
/** As the load's own task has it. */
const RETRIES = 10

/** Everything that a run has shown. */
export function buildReport(state: RunState, environment: string): Report {
  const { experiment, startedAt, endedAt } = state
  const durationMs = endedAt - startedAt
  const findings = findingsOf(state)
  const groups = { fault: figuresOf(state, 'fault'), control: figuresOf(state, 'control') }
  const recovery = recoveryOf(faultEntries(state), recoveryTimes(state))
  const success = successOf(groups.fault)
  const measures = measuresOf(state, groups.fault, { findings, recovery })
  const { entries } = state.ledger
  const facts = {
    entries,
    findings,
    figures: groups.fault,
    recovery,
    retries: experiment.load.retries ?? state.stage.own?.task.retry.limit ?? RETRIES,
    drained: state.drained,
  }
  const seen = {
    ...headOf(state, environment),
    durationMs: Math.round(durationMs),
    phases: phaseFigures(state),
    success,
    groups,
    expectations: experiment.steady.map((one) => judged(one, { measures, success, state })),
    invariants: withHistory(judgeInvariants(facts), state.judgement),
    faults: faultsOf(state, groups.fault.lost),
    recovery,
    series: seriesOf(entries, state.view.samples, { startedAt, durationMs }),
    notes: notesOf(state),
  }
  const decided = { ...seen, ...decide(seen, state.stopped) }
  return { ...decided, hints: hintsFor(decided) }
}

function headOf({ experiment, stage, startedAt, endedAt }: RunState, environment: string) {
  return {
    format: 'bananas-chaos-report',
    version: 1,
    title: experiment.title,
    description: experiment.description,
    tags: experiment.tags ?? [],
    seed: experiment.seed ?? 1,
    startedAt: new Date(Date.now() - (endedAt - startedAt)).toISOString(),
    environment,
    stage: stage.summary,
    versions: { node: process.versions.node, platform: `${process.platform} ${process.arch}` },
  } as const
}

function faultEntries({ ledger }: RunState): RunState['ledger']['entries'] {
  return ledger.entries.filter(({ group }) => group === 'fault')
}

function recoveryTimes(state: RunState): Parameters<typeof recoveryOf>[1] {
  const { startedAt, faultsFrom, faultsTo, loadTo, injected } = state
  // Epoch and monotonic clocks differ by a constant, near enough for a report.
  const offset = Date.now() - state.now()
  const firsts = injected.flatMap((one) => bitesOf(one).firstAt ?? []).map((at) => at - offset)
  // The very first tasks meet cold caches and connections.
  const steadyFrom = startedAt + (faultsFrom - startedAt) / 4
  const firstBiteAt = firsts.length === 0 ? undefined : Math.min(...firsts)
  return { steadyFrom, faultsFrom, faultsTo, loadTo, firstBiteAt }
}

function successOf({ acknowledged, done, wrong }: GroupFigures): Success {
  const failures = acknowledged - done + wrong
  const proves = SHARES.findLast((share) => provesShare(failures, acknowledged, share))
  const rate = acknowledged === 0 ? 0 : (acknowledged - failures) / acknowledged
  return {
    total: acknowledged,
    failures,
    rate,
    interval: wilson(acknowledged - failures, acknowledged),
    proves,
  }
}

function judged(
  expectation: Expectation,
  { measures, success, state }: { measures: Measures; success: Success; state: RunState },
): Report['expectations'][number] {
  const { probe } = expectation
  const name = typeof probe === 'string' ? probe : probe.name
  const measured = typeof probe === 'string' ? measures[probe] : state.custom.get(name)
  const before = typeof probe === 'string' ? state.before[probe] : undefined
  return { ...judge(expectation, measured, success), before }
}

function faultsOf(state: RunState, lost: number): readonly FaultReport[] {
  const { startedAt, injected } = state
  const offset = Date.now() - state.now()
  const at = (monotonic: number | undefined): number | undefined =>
    monotonic === undefined ? undefined : Math.max(0, Math.round(monotonic - startedAt))
  const epoch = (moment: number | undefined): number | undefined =>
    moment === undefined ? undefined : at(moment - offset)
  return injected.map((one) => {
    const bites = bitesOf(one)
    return {
      name: nameOf(one.step),
      kind: one.step.kind,
      site: one.site.name,
      fromMs: at(one.armedAt),
      toMs: at(one.disarmedAt),
      bites: bites.count,
      firstMs: epoch(bites.firstAt),
      lastMs: epoch(bites.lastAt),
      victims: bites.victims,
      lossPerBiteBelow: bites.count === 0 ? undefined : lossBound(lost, bites.count),
      error: one.error,
    }
  })
}

/** The rule of three when nothing was lost, else the upper end of Wilson's interval. */
function lossBound(lost: number, bites: number): number {
  return lost === 0 ? Math.min(1, 3 / bites) : wilson(Math.min(lost, bites), bites).high
}

function notesOf({ experiment, stage, ledger }: RunState): readonly string[] {
  const shared = experiment.method.some(({ kind }) => kind.startsWith('server.'))
  return [
    ...(shared ? ['The control group shares the broker: what was done to the server hit it, too.'] : []),
    ...(stage.observer.broker.supports.inspect !== 'counts' ? ['This broker tells no queue depths.'] : []),
    ...(ledger.entries.some(({ refused }) => refused)
      ? ['Tasks that were never acknowledged count neither as done nor as lost.']
      : []),
  ]
}
