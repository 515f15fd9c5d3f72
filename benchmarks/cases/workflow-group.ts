import { chord, map } from '@bananasjs/workflow'
import { FlowProducer, Worker } from 'bullmq'
import type { Case, Contender, Goal, Measure, Round } from '../case.ts'
import type { RedisForBenchmarks } from '../redis-server.ts'
import { body, noOp, workflowRound } from './workflow-app.ts'
import type { WorkflowStore } from './workflow-app.ts'

const TOTAL: Measure = { name: 'total', unit: 'ms', better: 'lower' }
const PREFIX = 'bench-bullmq'
export const PLAIN = 'as many plain tasks'
export const FLOW = 'BullMQ flow'

/** A group and its body, from the start until the body's result is in hand, beside as many tasks that nothing joins. */
export function workflowGroup(
  store: WorkflowStore,
  members: number,
  { goals, peers = [] }: { readonly goals: readonly Goal[]; readonly peers?: readonly Contender[] },
): Case {
  return {
    name: `group-${store.name}`,
    title: `group of ${members.toLocaleString('en')} no-op tasks and a body on ${store.name}`,
    tasks: members,
    measures: [TOTAL],
    // Half a second each on a machine that others share: five rounds leave a fifth of doubt.
    rounds: 11,
    goals,
    contenders: [
      { name: 'Bananas chord', role: 'ours', round: () => chordRound(store, members) },
      { name: PLAIN, role: 'baseline', round: () => plainRound(store, members) },
      ...peers,
    ],
  }
}

function chordRound(store: WorkflowStore, members: number): Promise<Round> {
  return workflowRound(store, async ({ flows }) => {
    const from = performance.now()
    const run = await flows.start(chord(map(noOp, numbers(members)), body))
    const joined = await run.result()
    if (joined !== members) throw new Error(`The body was given ${joined} of ${members} results.`)
    return { total: performance.now() - from }
  })
}

/** Until all have run and the last result is in hand: waiting for each of them would cost more than the tasks. */
function plainRound(store: WorkflowStore, members: number): Promise<Round> {
  return workflowRound(store, async ({ app }, onRun) => {
    let left = members
    const all = new Promise<void>((resolve) => {
      onRun(() => {
        left -= 1
        if (left === 0) resolve()
      })
    })
    const from = performance.now()
    const jobs = await app.enqueueMany(noOp, numbers(members))
    await all
    await jobs.at(-1)!.result()
    return { total: performance.now() - from }
  })
}

/** A parent with as many children, each on connections of its own, until the parent has been given their values. */
export function bullmqFlow(redis: RedisForBenchmarks, members: number): Contender {
  return {
    name: FLOW,
    role: 'peer',
    async round() {
      const base = { prefix: PREFIX, connection: redis.address }
      const flow = new FlowProducer(base)
      const children = new Worker('children', (job) => Promise.resolve(job.data), {
        ...base,
        concurrency: 100,
      })
      let parent: Worker | undefined
      try {
        await Promise.all([flow.waitUntilReady(), children.waitUntilReady()])
        const joined = new Promise<number>((resolve) => {
          parent = new Worker(
            'parents',
            async (job) => resolve(Object.keys(await job.getChildrenValues()).length),
            base,
          )
        })
        await parent!.waitUntilReady()
        const from = performance.now()
        await flow.add({
          name: 'parent',
          queueName: 'parents',
          children: numbers(members).map((n) => ({ name: 'child', queueName: 'children', data: n })),
        })
        const count = await joined
        if (count !== members) throw new Error(`BullMQ's parent was given ${count} of ${members} values.`)
        return { figures: { total: performance.now() - from } }
      } finally {
        await Promise.all([children.close(), parent?.close()])
        await flow.close()
        await redis.clear(PREFIX)
      }
    },
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n)
}
