export { ChaosController } from './faults/chaos-controller.ts'
export type { ChaosControllerOptions } from './faults/chaos-controller.ts'
export { chaotic } from './faults/chaotic.ts'
export { CATALOG, FAULT_KINDS } from './faults/catalog.ts'
export type { FaultEntry, FieldType, Layer } from './faults/catalog.ts'
export type {
  Direction,
  ErrorSpec,
  Fault,
  FaultBase,
  FaultFields,
  FaultKind,
  FaultOf,
  Match,
  Schedule,
} from './faults/fault.ts'
export type { Distribution } from './faults/distribution.ts'
export type { Bites } from './faults/bites.ts'
export type { ArmOptions, FaultSite, Injection } from './faults/fault-site.ts'
export type { BlastRadius } from './safety/blast-radius.ts'
export { tcpProxy, TcpProxy } from './proxy/tcp-proxy.ts'
export type { TcpProxyOptions } from './proxy/tcp-proxy.ts'
export { Crew } from './process/crew.ts'
export type { CrewOptions, Death } from './process/crew.ts'
export { ServerSite } from './process/server-site.ts'
export type { ServerControl } from './process/server-control.ts'
export { serverProcess } from './process/server-process.ts'
export type { ServerProcessOptions } from './process/server-process.ts'
export { serverContainer } from './process/container.ts'
export type { ContainerOptions } from './process/container.ts'
export { loopDisk } from './process/loop-disk.ts'
export type { LoopDisk, LoopDiskOptions } from './process/loop-disk.ts'
export type {
  CustomProbe,
  Expectation,
  Experiment,
  Load,
  Phases,
  ProbeName,
  Rollback,
  Safety,
  Step,
  StopCondition,
  Tolerance,
} from './experiment/experiment.ts'
export { defineExperiment } from './experiment/check-experiment.ts'
export { loadExperiment, parseExperiment } from './experiment/load-experiment.ts'
export { LIBRARY } from './experiment/library.ts'
export type { OwnWork } from './experiment/own-work.ts'
export { planExperiment } from './experiment/plan-experiment.ts'
export type { Plan, PlannedStep } from './experiment/plan-experiment.ts'
export type { RunSchedule } from './experiment/schedule-of-run.ts'
export { runExperiment } from './experiment/run-experiment.ts'
export type { RunOptions } from './experiment/run-experiment.ts'
export { localStage } from './experiment/local-stage.ts'
export type { LocalStageOptions } from './experiment/local-stage.ts'
export { processStage } from './experiment/process-stage.ts'
export type { ProcessStageOptions } from './experiment/process-stage.ts'
export { runChaosWorker } from './experiment/worker-process.ts'
export type { Stage } from './experiment/stage.ts'
export { chaosAgent } from './experiment/chaos-agent.ts'
export { RemoteSite } from './experiment/remote-site.ts'
export { channelLine, parentLine } from './experiment/line.ts'
export type { Line } from './experiment/line.ts'
export { startContinuousChaos } from './continuous/run-continuous.ts'
export type { ContinuousChaos, ContinuousOptions } from './continuous/run-continuous.ts'
export { defineContinuousPlan } from './continuous/check-continuous-plan.ts'
export type {
  ConfidencePlan,
  ContinuousPlan,
  ContinuousProbe,
  ContinuousSafety,
  ContinuousStop,
  GameDay,
} from './continuous/continuous-plan.ts'
export type { CalendarTime, Weekday } from './continuous/calendar-time.ts'
export type { Confidence } from './continuous/confidence.ts'
export { isChaosEvent } from './continuous/chaos-events.ts'
export type { ChaosEvent, ChaosEventBody, GameDayEnd } from './continuous/chaos-events.ts'
export { stopExperiments } from './safety/kill-switch.ts'
export { auditLog, brokenAuditLine } from './safety/audit-log.ts'
export type { AuditEntry } from './safety/audit-log.ts'
export type { FaultReport, GroupFigures, InvariantReport, Report, Verdict } from './report/report.ts'
export { compareReports } from './report/compare-reports.ts'
export type { Comparison, ComparisonRow, GateOptions } from './report/compare-reports.ts'
export { renderHtml } from './report/html/render-html.ts'
export { renderJunit } from './report/render-junit.ts'
export { renderMarkdown } from './report/render-markdown.ts'
export { readReport, saveReport } from './report/save-report.ts'
export type { SavedReport } from './report/save-report.ts'
export { provesShare, triesToProve, wilson } from './report/statistics.ts'
export { historyFile } from './history/history-file.ts'
export type { HistoryFile, HistoryFileOptions } from './history/history-file.ts'
export { memoryHistory } from './history/memory-history.ts'
export type { MemoryHistory } from './history/memory-history.ts'
export { readHistory } from './history/read-history.ts'
export type { ReadingNotes } from './history/read-history.ts'
export { recordHistory } from './history/record-history.ts'
export type { Recorder } from './history/record-history.ts'
export { recordEnd } from './history/record-end.ts'
export { recordStop } from './history/record-stop.ts'
export type {
  EventBody,
  EventKind,
  EventOf,
  FaultTarget,
  History,
  HistoryEvent,
  Seen,
} from './history/history-event.ts'
export { checkHistory } from './checker/check-history.ts'
export { checkHistoryFolder } from './checker/check-history-folder.ts'
export type { CheckFolderOptions } from './checker/check-history-folder.ts'
export { showBreach, showJudgement } from './checker/show-judgement.ts'
export { INVARIANTS } from './checker/invariants/index.ts'
export type { Bench, Invariant, Judge, Scope } from './checker/invariant.ts'
export type { Circumstances, FaultSpan, Life } from './checker/circumstances.ts'
export type { LimitPromise, Promised } from './checker/promised.ts'
export type { Breach, Finding, Judgement } from './checker/findings.ts'
export { simulate } from './simulation/simulate.ts'
export type { SimulatedRun, SimulateOptions } from './simulation/simulate.ts'
export { explore, smallest } from './simulation/explore.ts'
export type { Exploration, ExploreOptions, Failing } from './simulation/explore.ts'
export { drawPlan } from './simulation/draw-plan.ts'
export type { DrawOptions } from './simulation/draw-plan.ts'
export { shrinkPlan } from './simulation/shrink-plan.ts'
export { fingerprint } from './simulation/fingerprint.ts'
export type { Landmark } from './simulation/reached.ts'
export type { BrokerPlan, FaultPlan, LinkRates, SimulationPlan, TaskPlan } from './simulation/plan.ts'
