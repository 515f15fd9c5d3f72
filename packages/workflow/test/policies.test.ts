import { QueueError } from '@bananasjs/core'
import { describe, expect, it } from 'vitest'
import { chain, chord, dag, group, map, step } from '../src/index.ts'
import { double, echo, fail, sum, testFlows } from './app.ts'

const failing = step(fail).with('it')

describe('a failure', () => {
  it('ends a chain: what comes after never runs, and the cause is the error of the step', async () => {
    const { flows, work, ran, errors } = testFlows()
    await work()
    const run = await flows.start(chain(double, fail, echo), 2)
    const error: unknown = await run.result().catch((reason: unknown) => reason)
    expect(QueueError.is(error, 'TASK_FAILED')).toBe(true)
    expect(((error as Error).cause as Error).message).toContain('failed with 4')
    expect(ran).toEqual(['double 2', 'fail 4'])
    expect(errors).toEqual([])
  })

  it('ends a group at once and cancels the members that have not started', async () => {
    const { flows, work, ran } = testFlows()
    await work({ concurrency: 1, prefetch: false })
    const late = step(echo).options({ delay: '1h' })
    const run = await flows.start(chord(group([failing, late.with('never')]), echo))
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_FAILED' })
    expect(ran).toEqual(['fail "it"'])
  })

  it('of a member is reported once all are through when the group waits for all', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const members = group([failing, step(double).with(1), step(double).with(2)], { policy: 'waitForAll' })
    await expect((await flows.start(chord(members, sum))).result()).rejects.toThrow('failed with "it"')
    expect(ran.toSorted()).toEqual(['double 1', 'double 2', 'fail "it"'])
  })

  it('is a fate like any other where a group is settled', async () => {
    const { flows, work } = testFlows()
    await work()
    const members = group([failing, step(double).with(1)], { policy: 'settled' })
    expect(await (await flows.start(chord(members, echo))).result()).toMatchObject([
      { status: 'rejected', reason: { name: 'Error', message: 'failed with "it"' } },
      { status: 'fulfilled', value: 2 },
    ])
  })

  it('is borne up to a threshold, and not beyond', async () => {
    const { flows, work } = testFlows()
    await work()
    const members = [failing, failing, step(double).with(1)]
    const enough = await flows.start(chord(group(members, { policy: { atLeast: 1 } }), echo))
    expect(await enough.result()).toMatchObject([{}, {}, { status: 'fulfilled', value: 2 }])
    const tooFew = await flows.start(chord(group(members, { policy: { atLeast: 2 } }), echo))
    await expect(tooFew.result()).rejects.toThrow('only 1 of 3 succeeded, at least 2 were to')
  })

  it('within a group within a group ends both', async () => {
    const { flows, work } = testFlows()
    await work()
    const inner = group([step(double).with(1), chain(failing, echo)])
    const run = await flows.start(chain(group([inner, step(double).with(2)]), echo))
    await expect(run.result()).rejects.toThrow('failed with "it"')
  })

  it('of a settled group within a strict one stays inside', async () => {
    const { flows, work } = testFlows()
    await work()
    const inner = group([failing], { policy: 'settled' })
    const run = await flows.start(group([inner, step(double).with(2)]))
    expect(await run.result()).toMatchObject([[{ status: 'rejected' }], 4])
  })

  it('before a settled group is no failure of its members: the group never begins', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    for (const policy of ['settled', { atLeast: 0 }] as const) {
      const members = group([echo, chain(echo, double as never)], { policy })
      const run = await flows.start(chain(fail, members, echo))
      await expect(run.result()).rejects.toThrow('failed with')
      const { nodes } = await run.status()
      expect(nodes.map(({ name, state }) => `${name} ${state}`)).toEqual([
        'fail failed',
        ...['echo', 'echo', 'double', 'group'].map((name) => `${name} cancelled`),
        expect.stringMatching(/^echo /),
      ])
    }
    expect(ran).toEqual(['fail undefined', 'fail undefined'])
  })

  it('of a node dooms the nodes below it, and leaves the others alone where the graph waits for all', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const graph = dag(
      (flow) => {
        const bad = flow.node('bad', failing)
        flow.node('below', echo, { inputs: { bad } })
        flow.node('beside', step(double).with(1))
      },
      { policy: 'waitForAll' },
    )
    await expect((await flows.start(graph)).result()).rejects.toThrow('failed with "it"')
    expect(ran.toSorted()).toEqual(['double 1', 'fail "it"'])
  })

  it('of all members of a large group is told once', async () => {
    const { flows, work, errors } = testFlows()
    await work({ concurrency: 20 })
    const run = await flows.start(
      map(
        fail,
        Array.from({ length: 200 }, (_, n) => n),
      ),
    )
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_FAILED' })
    expect(errors).toEqual([])
  })
})
