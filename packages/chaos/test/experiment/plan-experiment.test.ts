import { memory, memoryStore } from '@bananasjs/core/memory'
import { defineTask } from '@bananasjs/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineExperiment, LIBRARY, localStage, planExperiment, runExperiment } from '../../src/index.ts'
import type { Experiment, LocalStageOptions, Plan, Stage } from '../../src/index.ts'

async function stage(options: Partial<LocalStageOptions> = {}): Promise<Stage> {
  const store = memoryStore()
  const made = await localStage({ transport: () => memory({ store }), ...options })
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

function experiment(given: Partial<Experiment>): Experiment {
  return {
    title: 'a test',
    steady: [{ probe: 'lost', equals: 0 }],
    load: { shape: 'constant', rate: 100 },
    phases: { warmUp: '1s', inject: '10s', recovery: '1s' },
    method: [{ kind: 'task.throw', rate: 0.1 }],
    ...given,
  }
}

async function plan(given: Partial<Experiment>, env: Record<string, string> = {}): Promise<Plan> {
  return planExperiment(experiment(given), { stage: await stage(), env, enabled: true })
}

describe('a plan', () => {
  it('says what would be hit, when, and how much of it, and hits nothing', async () => {
    const on = await stage()
    const made = planExperiment(
      experiment({ method: [{ kind: 'task.throw', rate: 0.1, at: '2s', lasts: '5s' }] }),
      { stage: on, env: {}, enabled: true },
    )
    expect(made).toMatchObject({ tasks: 1200, control: 240, environment: 'development', refused: undefined })
    expect(made.steps).toMatchObject([
      {
        fromMs: 3000,
        toMs: 8000,
        tasks: 40,
        targets: ['application: 10 % of everything'],
        problem: undefined,
      },
    ])
    expect(await on.observer.queues.inspect('chaos')).toMatchObject({ ready: 0, leased: 0 })
  })

  it.each([
    ['a server that is not there', { kind: 'server.kill' }, /nothing here takes server.kill/],
    [
      'a task that is not of the load',
      { kind: 'task.throw', match: { task: 'image.*' } },
      /it matches nothing: the load is task "chaos.work"/,
    ],
    ['a moment after the end', { kind: 'task.throw', at: '1m' }, /after the end of the injection/],
  ] as const)('names what would hit nothing: %s', async (_what, step, problem) => {
    const { steps } = await plan({ method: [step] })
    expect(steps[0]!.problem).toMatch(problem)
    expect(steps[0]!.targets).toEqual([])
  })

  it('counts what the blast radius leaves', async () => {
    const { steps } = await plan({ method: [{ kind: 'task.throw' }], blast: { share: 0.05 } })
    expect(steps[0]!.tasks).toBe(40)
    const outside = await plan({ method: [{ kind: 'task.throw' }], blast: { never: ['chaos.*'] } })
    expect(outside.steps[0]!.problem).toMatch(/outside the blast radius/)
  })

  it('says why it would not be started here', async () => {
    expect((await plan({}, { NODE_ENV: 'production' })).refused).toMatch(/safety.production: true/)
    expect((await plan({}, { BANANAS_ENV: 'somewhere' })).refused).toMatch(/"somewhere"/)
  })
})

describe('the library', () => {
  it.each(Object.entries(LIBRARY))('has %s, which is sound', (_name, one) => {
    expect(defineExperiment(one)).toBe(one)
    expect(one.stop?.length).toBeGreaterThan(0)
  })
})

describe('a task of one’s own', { timeout: 60_000 }, () => {
  const double = defineTask<number, number>('math.double', { retry: { limit: 2, delay: 10 } })
  const own = {
    task: double,
    input: (n: number) => n,
    register: (worker: Parameters<NonNullable<LocalStageOptions['own']>['register']>[0]) =>
      void worker.handle(double, (n) => 2 * n),
    isRight: (value: unknown, n: number) => value === 2 * n,
  }
  const quick = { warmUp: 500, inject: 1000, recovery: 500, drain: '20s' } as const

  it('is put on trial with its own handler and settings', async () => {
    const report = await runExperiment(
      experiment({
        load: { shape: 'constant', rate: 100, task: 'math.double' },
        phases: quick,
        method: [{ kind: 'task.throw', rate: 0.2, match: { task: 'math.double' } }],
      }),
      { stage: await stage({ own }), enabled: true, env: {}, signals: [] },
    )
    expect(report.verdict).toBe('held')
    expect(report.faults[0]!.bites).toBeGreaterThan(3)
    expect(report.groups.fault).toMatchObject({ wrong: 0, lost: 0 })
  })

  it('must be there when an experiment names it', async () => {
    const named = experiment({ load: { shape: 'constant', rate: 10, task: 'math.half' }, phases: quick })
    await expect(
      runExperiment(named, { stage: await stage({ own }), enabled: true, env: {}, signals: [] }),
    ).rejects.toThrow(/load.task: this stage has "math.double", not "math.half"/)
  })
})
