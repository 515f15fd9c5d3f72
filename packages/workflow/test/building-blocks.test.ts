import { describe, expect, it } from 'vitest'
import { chain, chord, chunks, dag, group, map, starmap, step } from '../src/index.ts'
import { add, double, echo, sum, testFlows } from './app.ts'

describe('a chain', () => {
  it('hands each result on to the next step', async () => {
    const { flows, work, errors } = testFlows()
    await work()
    const run = await flows.start(chain(add, double, double), { a: 1, b: 2 })
    expect(await run.result()).toBe(12)
    expect(errors).toEqual([])
  })

  it('keeps what is bound, and takes nothing from before where a step is immutable', async () => {
    const { flows, work } = testFlows()
    await work()
    const bound = chain(step(add).with({ a: 1, b: 2 }), step(add).with({ a: 5, b: 6 }).immutable())
    expect(await (await flows.start(bound)).result()).toBe(11)
  })

  it('of one step is that step', async () => {
    const { flows, work } = testFlows()
    await work()
    expect(await (await flows.start(chain(double), 4)).result()).toBe(8)
    expect(await (await flows.start(double, 5)).result()).toBe(10)
  })

  it('of a thousand steps arrives', async () => {
    const { flows, work, errors } = testFlows()
    await work()

    const chained = chain(...Array.from({ length: 1000 }, () => step(double)))
    expect(await (await flows.start(chained, 0)).result({ timeout: '30s' })).toBe(0)
    expect(errors).toEqual([])
  }, 30_000)
})

describe('a group', () => {
  it('hands its results on in the order of its members', async () => {
    const { flows, work } = testFlows()
    await work()
    const run = await flows.start(
      group([step(double).with(1), step(double).with(2), step(add).with({ a: 1, b: 1 })]),
    )
    expect(await run.result()).toEqual([2, 4, 2])
  })

  it('gives every member what comes from before', async () => {
    const { flows, work } = testFlows()
    await work()
    const run = await flows.start(chain(double, group([double, double, echo]), echo), 1)
    expect(await run.result()).toEqual([4, 4, 2])
  })

  it('of nobody is an empty list, alone, at the start, in the middle and within another', async () => {
    const { flows, work } = testFlows()
    await work()
    expect(await (await flows.start(group([]))).result()).toEqual([])
    expect(await (await flows.start(chord([], echo))).result()).toEqual([])
    expect(await (await flows.start(chain(double, group([]), echo), 1)).result()).toEqual([])
    expect(await (await flows.start(group([group([]), step(double).with(2)]))).result()).toEqual([[], 4])
  })

  it('of a thousand, and a body', async () => {
    const { flows, work, ran } = testFlows()
    await work({ concurrency: 50 })
    const inputs = Array.from({ length: 1000 }, (_, n) => n)
    const run = await flows.start(chord(map(double, inputs), sum))
    expect(await run.result()).toBe(999_000)
    expect(ran.filter((line) => line.startsWith('sum'))).toHaveLength(1)
  })

  it('may be made of rows and of chunks', async () => {
    const { flows, work } = testFlows()
    await work()
    const rows = starmap(
      add,
      ['a', 'b'],
      [
        [1, 2],
        [3, 4],
      ],
    )
    expect(await (await flows.start(rows)).result()).toEqual([3, 7])
    const run = await flows.start(chord(chunks(sum, [1, 2, 3, 4, 5], 2), sum))
    expect(await run.result()).toBe(15)
  })
})

describe('nesting', () => {
  it('goes in any way: chains in groups in chains in chords', async () => {
    const { flows, work } = testFlows()
    await work()
    const inner = group([chain(double, double), chain(double, group([double, double]), sum)])
    const run = await flows.start(chain(double, inner, sum, double), 1)
    // 2 → [8, 4 → [8, 8] → 16] → 24 → 48
    expect(await run.result()).toBe(48)
  })
})

describe('a graph', () => {
  it('gives each node its parents by key, and waits for all of them', async () => {
    const { flows, work } = testFlows()
    await work()
    const graph = dag((flow) => {
      const two = flow.node('two', step(double).with(1))
      const four = flow.node('four', step(double).with(2))
      const six = flow.node('six', add, { inputs: { a: two, b: four } })
      return flow.node('eight', add, { inputs: { a: six, b: two }, after: [four] })
    })
    expect(await (await flows.start(graph)).result()).toBe(8)
  })

  it('without a chosen result answers with all its ends', async () => {
    const { flows, work } = testFlows()
    await work()
    const graph = dag((flow) => {
      const a = flow.node('a', step(double).with(1))
      flow.node('b', echo, { inputs: { a } })
      flow.node('c', step(double).with(5), { after: [a] })
    })
    expect(await (await flows.start(graph)).result()).toEqual({ b: { a: 2 }, c: 10 })
  })
})
