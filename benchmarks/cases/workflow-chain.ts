import { chain, step } from '@bananasjs/workflow'
import type { Case, Measure, Round } from '../case.ts'
import { noOp, workflowRound } from './workflow-app.ts'
import type { WorkflowStore } from './workflow-app.ts'

const ONE_BY_ONE = 'plain tasks one by one'
const MEASURES: readonly Measure[] = [
  { name: 'step', unit: 'ms', better: 'lower' },
  { name: 'last tenth ÷ first', unit: '×', better: 'lower' },
]

/** A long chain beside as many plain tasks, each enqueued when the result of the one before is in hand. */
export function workflowChain(store: WorkflowStore, steps: number): Case {
  return {
    name: `chain-${store.name}`,
    title: `chain of ${steps.toLocaleString('en')} steps on ${store.name}`,
    tasks: steps,
    measures: MEASURES,
    goals: [
      { measure: 'step', against: ONE_BY_ONE, floor: 1.5 },
      { measure: 'last tenth ÷ first', floor: 1.5 },
    ],
    contenders: [
      { name: 'Bananas chain', role: 'ours', round: () => chainRound(store, steps) },
      { name: ONE_BY_ONE, role: 'baseline', round: () => plainRound(store, steps) },
    ],
  }
}

function chainRound(store: WorkflowStore, steps: number): Promise<Round> {
  return workflowRound(store, async ({ flows }, onRun) => {
    const times: number[] = []
    onRun(() => times.push(performance.now()))
    const from = performance.now()
    const run = await flows.start(chain(...Array.from({ length: steps }, () => step(noOp))), 1)
    await run.result()
    return figures(performance.now() - from, times)
  })
}

function plainRound(store: WorkflowStore, steps: number): Promise<Round> {
  return workflowRound(store, async ({ app }, onRun) => {
    const times: number[] = []
    onRun(() => times.push(performance.now()))
    const from = performance.now()
    for (let n = 0; n < steps; n += 1) await (await app.enqueue(noOp, n)).result()
    return figures(performance.now() - from, times)
  })
}

function figures(total: number, times: readonly number[]): Round['figures'] {
  const tenth = Math.max(1, Math.floor(times.length / 10))
  const first = times[tenth]! - times[0]!
  const last = times.at(-1)! - times.at(-1 - tenth)!
  return { step: total / times.length, 'last tenth ÷ first': last / first }
}
