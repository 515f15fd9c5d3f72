import type { GroupFigures, Report } from '../../src/index.ts'

const FIGURES: GroupFigures = {
  sent: 3000,
  acknowledged: 3000,
  refused: 0,
  done: 3000,
  lost: 0,
  unfinished: 0,
  dead: 0,
  wrong: 0,
  attempts: 3100,
  failedAttempts: 100,
  duplicated: 2,
  p50Ms: 20,
  p99Ms: 400,
  maxMs: 900,
}

/** A run that held, but for what the test wants otherwise. */
export function aReport(given: Partial<Report> = {}, figures: Partial<GroupFigures> = {}): Report {
  return {
    format: 'bananas-chaos-report',
    version: 1,
    title: 'a test',
    tags: [],
    seed: 7,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 4000,
    environment: 'test',
    stage: 'memory, 2 workers',
    versions: { node: '24.0.0' },
    verdict: 'held',
    reasons: ['all well'],
    phases: [phase('warm-up', 0, 1000), phase('faults', 1000, 3000), phase('recovery', 3000, 4000)],
    success: { total: 3000, failures: 0, rate: 1, interval: { low: 0.9987, high: 1 }, proves: 0.999 },
    groups: { fault: { ...FIGURES, ...figures }, control: FIGURES },
    expectations: [{ text: 'lost equals 0', measured: 0, outcome: 'held' }],
    invariants: [
      { id: 'I1', title: 'no acknowledged task is lost', outcome: 'held', detail: 'none' },
      { id: 'I17', title: 'throughput recovers', outcome: 'not checked', detail: 'too short' },
    ],
    faults: [
      {
        name: 'task.throw',
        kind: 'task.throw',
        site: 'application',
        fromMs: 1000,
        toMs: 3000,
        bites: 100,
        firstMs: 1100,
        lastMs: 2900,
        victims: ['17'],
        lossPerBiteBelow: 0.03,
      },
    ],
    recovery: { detectMs: 10, recoverMs: 500, backlogMs: 300 },
    series: {
      stepMs: 1000,
      throughput: [100, 80, 90, 100],
      controlThroughput: [20, 20, 20, 20],
      failures: [0, 5, 5, 0],
      p50: [20, 30, null, 20],
      p99: [40, 400, null, 50],
      depth: [null, null, null, null],
      age: [0, 100, 1000, 10],
    },
    hints: [],
    notes: [],
    ...given,
  }
}

function phase(
  name: Report['phases'][number]['name'],
  fromMs: number,
  toMs: number,
): Report['phases'][number] {
  return { name, fromMs, toMs, done: 90, perSecond: 90, failedAttempts: 1, p50Ms: 20, p99Ms: 400 }
}
