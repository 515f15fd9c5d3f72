import { dag, step } from '@bananasjs/workflow'
import type { DagRef, Signature } from '@bananasjs/workflow'
import type { Case, Measure, Round } from '../case.ts'
import { body, noOp, workflowRound } from './workflow-app.ts'
import type { WorkflowStore } from './workflow-app.ts'

const NODE: Measure = { name: 'node', unit: 'ms', better: 'lower' }
const PARENTS = 5
/** Nodes of one level depend on nodes of the level before. */
const LEVEL = 50
const LARGER = 10

/** What a node costs as the graph grows: each but those of the first level has five parents. */
export function workflowDag(store: WorkflowStore, nodes: number): Case {
  const small = `${nodes.toLocaleString('en')} nodes`
  const large = `${(nodes * LARGER).toLocaleString('en')} nodes`
  return {
    name: `dag-${store.name}`,
    title: `graph with five edges a node on ${store.name}`,
    tasks: nodes * LARGER,
    measures: [NODE],
    goals: [{ measure: 'node', against: small, floor: 1.25 }],
    rounds: 3,
    contenders: [
      { name: large, role: 'ours', round: () => dagRound(store, nodes * LARGER) },
      { name: small, role: 'baseline', round: () => dagRound(store, nodes) },
    ],
  }
}

function dagRound(store: WorkflowStore, nodes: number): Promise<Round> {
  return workflowRound(store, async ({ flows }, onRun) => {
    let ran = 0
    onRun(() => (ran += 1))
    const graph = layered(nodes)
    const from = performance.now()
    const run = await flows.start(graph)
    await run.result({ timeout: '10m' })
    if (ran !== nodes) throw new Error(`${ran} of ${nodes} nodes ran.`)
    return { node: (performance.now() - from) / nodes }
  })
}

function layered(nodes: number): Signature {
  return dag((flow) => {
    const made: DagRef[] = []
    for (let n = 0; n < nodes; n += 1) {
      const level = Math.floor(n / LEVEL)
      const before = (level - 1) * LEVEL
      const after =
        level === 0 ? [] : Array.from({ length: PARENTS }, (_, at) => made[before + ((n + at * 7) % LEVEL)]!)
      made.push(flow.node(`n${n}`, step(noOp).with(n).immutable(), { after }))
    }
    return flow.node('end', step(body).with([]).immutable(), { after: made.slice(-LEVEL) })
  })
}
