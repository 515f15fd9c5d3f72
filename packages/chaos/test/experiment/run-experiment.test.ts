import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memory, memoryStore } from '@bananasjs/core/memory'
import { sqlite } from '@bananasjs/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  brokenAuditLine,
  localStage,
  processStage,
  renderHtml,
  runExperiment,
  stopExperiments,
} from '../../src/index.ts'
import type { Experiment, LocalStageOptions, Report, RunOptions, Stage } from '../../src/index.ts'
import { until } from '../faults/stage.ts'
import { BROKEN_STORES } from '../simulation/broken-brokers.ts'

const QUICK = { warmUp: 2000, inject: 1500, recovery: 800, drain: '20s' } as const

function experiment(given: Partial<Experiment> & Pick<Experiment, 'method'>): Experiment {
  return {
    title: 'a test',
    steady: [
      { probe: 'success-rate', atLeast: 0.99 },
      { probe: 'lost', equals: 0 },
    ],
    load: { shape: 'constant', rate: 100, work: { from: 0, to: 5 } },
    phases: QUICK,
    ...given,
  }
}

async function stage(options: Partial<LocalStageOptions> = {}): Promise<Stage> {
  const store = memoryStore()
  const made = await localStage({ transport: () => memory({ store }), ...options })
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bananas-experiment-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function run(what: Experiment, options: Partial<RunOptions> = {}): Promise<Report> {
  return runExperiment(what, { stage: await stage(), enabled: true, env: {}, signals: [], ...options })
}

const outcomes = ({ invariants }: Report, outcome: string): readonly string[] =>
  invariants.filter((one) => one.outcome === outcome).map(({ id }) => id)

describe('the promises of a report', { timeout: 60_000 }, () => {
  it('are I1 to I20, from what everybody wrote down: kept, or open with the reason', async () => {
    const report = await run(experiment({ method: [{ kind: 'task.throw', rate: 0.1 }] }))
    const ids = Array.from({ length: 20 }, (_, index) => `I${index + 1}`)
    expect(report.invariants.map(({ id }) => id)).toEqual([...ids, 'I1b'])
    const judged = ['I1', 'I2', 'I3', 'I4', 'I6', 'I7', 'I8', 'I9', 'I16', 'I19', 'I1b']
    expect(outcomes(report, 'held')).toEqual(expect.arrayContaining(judged))
    expect(outcomes(report, 'violated')).toEqual([])
    expect(report.invariants.find(({ id }) => id === 'I10')).toMatchObject({
      outcome: 'not checked',
      detail: 'no order was promised (ordered)',
    })
  })

  it('are broken by a store that forgets acknowledgements, and the shortest history shows it', async () => {
    const store = memoryStore()
    const broken = BROKEN_STORES.find(({ name }) => name === 'acknowledges in words alone')!
    const wrap = broken.wrap()
    const on = await stage({ transport: () => wrap(memory({ store })), worker: { lease: 500 } })
    const report = await run(experiment({ method: [{ kind: 'task.throw', rate: 0.05 }], steady: [] }), {
      stage: on,
    })
    expect(report.verdict).toBe('deviated')
    expect(outcomes(report, 'violated')).toEqual(expect.arrayContaining(['I3', 'I6']))
    const { evidence } = report.invariants.find(({ id }) => id === 'I6')!
    expect(evidence!.slice(0, 3).map((line) => line.trim())).toEqual([
      expect.stringContaining('was handed over again after the broker had confirmed its end'),
      expect.stringMatching(/ms {2}application {2}settled .*as="ack"/),
      expect.stringMatching(/ms {2}application {2}lease /),
    ])
    expect(renderHtml(report)).toContain('I6: the shortest histories that show it')
  })

  it('that only a history tells stay open without one, and the ledger tells the rest', async () => {
    const on = await stage({ history: false })
    const report = await run(experiment({ method: [{ kind: 'task.throw', rate: 0.1 }] }), { stage: on })
    const known = ['I1', 'I2', 'I3', 'I4', 'I6', 'I7', 'I1b']
    expect(outcomes(report, 'held').filter((id) => id !== 'I17')).toEqual(known)
    expect(report.invariants.find(({ id }) => id === 'I9')!.detail).toMatch(/history: false/)
  })
})

describe('an experiment', { timeout: 120_000 }, () => {
  it('holds when tasks fail now and then, and says so with figures, control group and bites', async () => {
    const report = await run(experiment({ method: [{ kind: 'task.throw', rate: 0.1 }] }))
    expect(report.reasons).toEqual(['every expectation and every invariant held, and every fault bit'])
    expect(report.verdict).toBe('held')
    expect(report.faults[0]!.bites).toBeGreaterThan(3)
    expect(report.faults[0]!.victims.length).toBeGreaterThan(0)
    expect(report.groups.fault.failedAttempts).toBeGreaterThan(3)
    expect(report.groups.control).toMatchObject({ failedAttempts: 0, lost: 0 })
    expect(report.groups.control.sent).toBeGreaterThan(20)
    expect(report.success.interval.low).toBeGreaterThan(0.9)
    expect(report.invariants.find(({ id }) => id === 'I1')).toMatchObject({ outcome: 'held' })
    expect(report.recovery.detectMs).toBeDefined()
    expect(report.phases.map(({ name }) => name)).toEqual(['warm-up', 'faults', 'recovery', 'drain'])
  })

  it('deviates when results are wrong, and blames the right invariant', async () => {
    const report = await run(
      experiment({
        method: [{ kind: 'task.wrong-result', rate: 0.2 }],
        steady: [{ probe: 'wrong', equals: 0 }],
      }),
    )
    expect(report.verdict).toBe('deviated')
    expect(report.reasons[0]).toMatch(/expected wrong equals 0, measured/)
    expect(report.invariants.filter(({ outcome }) => outcome === 'violated').map(({ id }) => id)).toEqual([
      'I2',
    ])
    expect(report.hints.join()).toContain('output schema')
  })

  it('is inconclusive when a fault never bit', async () => {
    const report = await run(experiment({ method: [{ kind: 'task.throw', match: { task: 'other' } }] }))
    expect(report).toMatchObject({ verdict: 'inconclusive', reasons: ['the fault task.throw never bit'] })
  })

  it('is inconclusive when a claim needs more tasks than were run', async () => {
    const report = await run(
      experiment({
        method: [{ kind: 'task.throw', rate: 0.1 }],
        steady: [{ probe: 'success-rate', atLeast: 0.999, confidence: 0.95 }],
      }),
    )
    expect(report.verdict).toBe('inconclusive')
    expect(report.reasons[0]).toMatch(/without a failure it takes 2995/)
  })

  it('is aborted before any fault when the steady state does not hold', async () => {
    const report = await run(
      experiment({ method: [{ kind: 'task.throw' }], steady: [{ probe: 'latency-p99', below: 0.001 }] }),
    )
    expect(report.verdict).toBe('aborted')
    expect(report.reasons[0]).toMatch(/did not hold before any fault: latency-p99 below 0.001/)
    expect(report.faults[0]!.bites).toBe(0)
  })

  it('ends the injection within a second of a stop condition', async () => {
    const path = join(folder(), 'audit.jsonl')
    const report = await run(
      experiment({
        method: [{ kind: 'task.throw' }],
        stop: [{ probe: 'error-rate', above: 0.3 }],
        phases: { ...QUICK, inject: '30s' },
      }),
      { audit: path },
    )
    expect(report.verdict).toBe('aborted')
    expect(report.reasons[0]).toMatch(/stop condition: error-rate above 0.3/)
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as { what: string; at: string })
    const [stop, disarm] = ['stop', 'disarm'].map((what) =>
      Date.parse(entries.find((one) => one.what === what)!.at),
    )
    expect(disarm! - stop!).toBeLessThan(1000)
    expect(entries.map(({ what }) => what)).toEqual(['start', 'arm', 'stop', 'disarm', 'end'])
    expect(brokenAuditLine(path)).toBeUndefined()
  })

  it('stops when a probe of its own does not answer', async () => {
    const probe = { name: 'ours', measure: () => Promise.reject(new Error('no data')) }
    const report = await run(
      experiment({ method: [{ kind: 'task.throw', rate: 0.1 }], stop: [{ probe, above: 1 }] }),
    )
    expect(report).toMatchObject({
      verdict: 'aborted',
      reasons: ['stop condition: ours gave no answer: no data'],
    })
  })

  it('is stopped over the channel, from any process', async () => {
    const store = memoryStore()
    const on = await stage({ transport: () => memory({ store }) })
    const other = memory({ store })
    const running = run(
      experiment({ method: [{ kind: 'task.throw' }], phases: { ...QUICK, inject: '30s' } }),
      {
        stage: on,
        onProgress: (text) => {
          if (text.startsWith('faults')) void stopExperiments(other.channel!, 'bananas-chaos', 'enough')
        },
      },
    )
    expect(await running).toMatchObject({ verdict: 'aborted', reasons: ['stopped over the channel: enough'] })
  })

  it('says why it was stopped also when that came while the steady state was judged', async () => {
    const stop = new AbortController()
    const slow = { shape: 'constant', rate: 20, work: { from: 3000, to: 3000 } } as const
    const running = run(experiment({ method: [{ kind: 'task.throw' }], load: slow }), { signal: stop.signal })
    setTimeout(() => stop.abort('enough'), QUICK.warmUp + 700)
    expect(await running).toMatchObject({ verdict: 'aborted', reasons: ['enough'] })
  })

  it('is stopped by a signal', async () => {
    const report = await run(
      experiment({ method: [{ kind: 'task.throw' }], phases: { ...QUICK, inject: '30s' } }),
      {
        signals: ['SIGUSR2'],
        onProgress: (text) => {
          if (text.startsWith('faults')) process.kill(process.pid, 'SIGUSR2')
        },
      },
    )
    expect(report).toMatchObject({ verdict: 'aborted', reasons: ['stopped by SIGUSR2'] })
  })

  it('runs rollbacks and undoes faults though it was interrupted', async () => {
    let rolledBack = 0
    const on = await stage()
    const stop = new AbortController()
    const report = await run(
      experiment({
        method: [{ kind: 'task.hang' }],
        phases: { ...QUICK, inject: '30s' },
        rollbacks: [
          () => Promise.reject(new Error('this one fails')),
          () => {
            rolledBack += 1
          },
        ],
      }),
      {
        stage: on,
        signal: stop.signal,
        onProgress: (text) => text.startsWith('faults') && stop.abort('enough'),
      },
    )
    expect(report).toMatchObject({ verdict: 'aborted', reasons: ['enough'] })
    expect(rolledBack).toBe(1)
    expect(report.groups.fault.lost).toBe(0)
  })

  it('does not run beside another one on the same target', async () => {
    const store = memoryStore()
    const transport = () => memory({ store })
    const what = experiment({ method: [{ kind: 'task.throw', rate: 0.1 }] })
    const first = run({ ...what, title: 'the first' }, { stage: await stage({ transport }) })
    const second = await stage({ transport })
    await until('the first has its claim', async () => {
      const stored = await second.parts.results!.swap('bananas-chaos.chaos.running', null, null, 0)
      return stored !== null
    })
    await expect(run(what, { stage: second })).rejects.toThrow(/Another experiment runs.*"the first"/)
    expect((await first).verdict).toBe('held')
  })

  it('refuses a fault that nothing here can take, before anything is sent', async () => {
    await expect(run(experiment({ method: [{ kind: 'server.kill' }] }))).rejects.toThrow(
      /method\[0\]: server.kill hits nothing here.*A server must be given/,
    )
  })

  it('survives the loss of answers, lost leases and failing calls together on a real store', async () => {
    const path = join(folder(), 'queue.db')
    const on = await stage({ transport: () => sqlite(path), worker: { lease: 5000 } })
    const report = await run(
      experiment({
        method: [
          { kind: 'call.fail-after', rate: 0.05, match: { method: 'consumer.*' } },
          { kind: 'call.fail-before', rate: 0.05, match: { method: 'broker.publish' } },
          { kind: 'call.lose-lease', rate: 0.02 },
          { kind: 'message.duplicate', rate: 0.05 },
        ],
      }),
      { stage: on },
    )
    expect(report.reasons).toEqual(['every expectation and every invariant held, and every fault bit'])
    expect(report.groups.fault.duplicated).toBeGreaterThan(0)
  })

  it('kills worker processes, replaces them and loses nothing', async () => {
    const path = join(folder(), 'queue.db')
    const on = await processStage({
      worker: { module: fileURLToPath(new URL('worker-main.ts', import.meta.url)), args: [path] },
      transport: () => sqlite(path),
      workers: 2,
      leaseMs: 3000,
    })
    onTestFinished(() => on[Symbol.asyncDispose]())
    const report = await run(
      experiment({
        method: [
          { kind: 'process.kill', schedule: { every: 2500 } },
          { kind: 'task.throw', rate: 0.1 },
          { kind: 'task.crash', rate: 0.01 },
        ],
        phases: { warmUp: 2500, inject: 10_000, recovery: 4000, drain: '40s' },
      }),
      { stage: on },
    )
    expect(report.groups.fault).toMatchObject({ lost: 0, unfinished: 0 })
    expect(on.deaths.length).toBeGreaterThan(2)
    const [kill, thrown, crash] = report.faults
    expect(kill!.bites).toBeGreaterThan(2)
    expect(thrown!.bites).toBeGreaterThan(0)
    expect(crash!.bites).toBeGreaterThan(0)
    expect(report.verdict).toBe('held')
  })
})
