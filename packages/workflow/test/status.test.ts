import { describe, expect, it } from 'vitest'
import { chain, dag, group, map, mermaid, outline, step } from '../src/index.ts'
import type { WorkflowStatus } from '../src/index.ts'
import { double, echo, fail, sum, testFlows } from './app.ts'

describe('the status of a workflow', () => {
  it('is there before anything has run', async () => {
    const { flows } = testFlows()
    const run = await flows.start(chain(double, group([double, double]), sum).onFailure(echo), 1)
    const { state, retries, nodes } = await run.status()
    expect({ state, retries }).toEqual({ state: 'running', retries: 0 })
    expect(nodes.map(({ name, kind, state: at }) => `${kind} ${name} ${at}`)).toEqual([
      'step double sent',
      'step double waiting',
      'step double waiting',
      'join group waiting',
      'step sum waiting',
      'callback echo waiting',
    ])
  })

  it('tells states, attempts, times and results of each node', async () => {
    const { flows, work } = testFlows()
    await work()
    const run = await flows.start(chain(double, group([double, double]), sum).onFailure(echo), 1)
    await run.result()
    const status = await run.status()
    expect(status).toMatchObject({ id: run.id, state: 'succeeded' })
    expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt)
    expect(status.nodes.map(({ name, state, value }) => ({ name, state, value }))).toEqual([
      { name: 'double', state: 'succeeded', value: 2 },
      { name: 'double', state: 'succeeded', value: 4 },
      { name: 'double', state: 'succeeded', value: 4 },
      { name: 'group', state: 'succeeded', value: undefined },
      { name: 'sum', state: 'succeeded', value: 8 },
      { name: 'echo', state: 'skipped', value: undefined },
    ])
    for (const { kind, attempt, startedAt, finishedAt } of status.nodes.slice(0, 3)) {
      expect(kind).toBe('step')
      expect(attempt).toBe(1)
      expect(finishedAt! - startedAt!).toBeGreaterThanOrEqual(0)
    }
    expect(status.nodes[3]!.parents).toEqual([
      { node: 1, when: 'value' },
      { node: 2, when: 'value' },
    ])
  })

  it('tells what failed, and what never came to run', async () => {
    const { flows, work } = testFlows()
    await work()
    const run = await flows.start(chain(group([step(double).with(1), step(fail).with(2)]), echo, echo))
    await expect(run.result()).rejects.toThrow()
    const { state, error, nodes } = await run.status()
    expect(state).toBe('failed')
    expect(error).toMatchObject({ message: 'failed with 2' })
    expect(nodes[1]).toMatchObject({ state: 'failed', error: { message: 'failed with 2' } })
    expect(nodes[2]).toMatchObject({ name: 'group', state: 'failed' })
    expect(nodes[3]).toMatchObject({ state: 'cancelled' })
  })

  it('of what never was is refused', async () => {
    const { flows } = testFlows()
    await expect(flows.run('nothing').status()).rejects.toMatchObject({ code: 'INVALID' })
  })
})

const drawn: WorkflowStatus = {
  id: 'order <1>',
  state: 'failed',
  retries: 1,
  startedAt: 0,
  error: { name: 'Error', message: 'no' },
  nodes: [
    {
      node: 0,
      id: 'a',
      name: 'fetch "x"',
      kind: 'step',
      state: 'succeeded',
      parents: [],
      attempt: 2,
      startedAt: 1,
      finishedAt: 6,
    },
    { node: 1, id: 'b', name: 'pack', kind: 'step', state: 'failed', parents: [{ node: 0, when: 'value' }] },
    {
      node: 2,
      name: 'join',
      kind: 'join',
      state: 'failed',
      parents: [
        { node: 0, when: 'value' },
        { node: 1, when: 'value' },
      ],
    },
    {
      node: 3,
      id: 'd',
      name: 'tell',
      kind: 'callback',
      state: 'sent',
      parents: [{ node: 2, when: 'failure' }],
    },
  ],
}

describe('a drawing', () => {
  it('in text is indented by depth, with marks, attempts and times', () => {
    expect(outline(drawn)).toEqual([
      'order <1>: failed, 1 of 2 steps succeeded, retried 1 time: no',
      '  ● fetch "x" succeeded, attempt 2, 5 ms',
      '    ✗ pack failed',
      '      ✗ join failed ← fetch "x", pack',
      '        ○ tell (on failure) sent',
    ])
  })

  it('in text takes one line for many nodes alike', async () => {
    const { flows, work } = testFlows()
    await work()
    const inputs = Array.from({ length: 5000 }, (_, n) => n)
    const run = await flows.start(chain(map(double, inputs), sum))
    await run.result({ timeout: '30s' })
    const lines = outline(await run.status())
    expect(lines.slice(1)).toEqual([
      '  5000 × double: ● 5000 succeeded',
      '    ● group succeeded',
      expect.stringMatching(/^ {6}● sum succeeded, \d+ ms$/),
    ])
  }, 30_000)

  it('in Mermaid names nodes, edges and states, and quotes what could be markup', () => {
    expect(mermaid(drawn)).toBe(`---
title: order #60;1#62;
---
flowchart TD
  n0["fetch #34;x#34;<br/>succeeded"]
  n1["pack<br/>failed"]
  n2{{"join<br/>failed"}}
  n3(["tell<br/>sent"])
  n0 --> n1
  n0 --> n2
  n1 --> n2
  n2 -. failure .-> n3
  classDef succeeded fill:#dcfce7,stroke:#16a34a,color:#000
  class n0 succeeded
  classDef failed fill:#fee2e2,stroke:#dc2626,color:#000
  class n1,n2 failed
`)
  })

  it('of a graph goes below the last of its parents', async () => {
    const { flows } = testFlows()
    const graph = dag((flow) => {
      const a = flow.node('a', step(double).with(1))
      const b = flow.node('b', echo, { inputs: { a } })
      return flow.node('c', echo, { inputs: { a, b } })
    })
    const lines = outline(await (await flows.start(graph)).status())
    expect(lines.map((text) => text.replaceAll(/^ +/g, (indent) => `${indent.length} `)).slice(1)).toEqual([
      '2 ○ a sent',
      '4 · join waiting',
      '6 · b waiting',
      '8 · join waiting ← a, b',
      '10 · c waiting',
    ])
  })
})
