import { describe, expect, it } from 'vitest'
import { judge as judgeHistory } from './history.ts'
import type { Run, Verdict } from './history.ts'

const run = (task: number, process: string, startedAt: number, endedAt?: number): Run => ({
  task,
  process,
  startedAt: BigInt(startedAt),
  endedAt: endedAt === undefined ? undefined : BigInt(endedAt),
})
const deaths = new Map([['dead', 50n]])
const judge = (
  runs: readonly Run[],
  tasks: number,
  copies: readonly (readonly [number, string])[] = [],
): Verdict =>
  judgeHistory({ runs, copies: new Map(copies.map(([task, process]) => [task, [process]])) }, tasks, deaths)

describe('judge', () => {
  it('accepts a task that ran again after its worker was killed', () => {
    expect(judge([run(0, 'dead', 10), run(0, 'b', 60, 70)], 1)).toMatchObject({
      lost: [],
      duplicated: 0,
      overlaps: [],
      unexplained: [],
    })
  })

  it('counts a task that ended, but whose worker died before it could say so, as a duplicate and no more', () => {
    expect(judge([run(0, 'dead', 10, 20), run(0, 'b', 60, 70)], 1)).toMatchObject({
      duplicated: 1,
      overlaps: [],
      unexplained: [],
    })
  })

  it('finds a task that never ended', () => {
    expect(judge([run(0, 'dead', 10)], 2).lost).toEqual([0, 1])
  })

  it('finds two live workers holding one task', () => {
    expect(judge([run(0, 'a', 10, 40), run(0, 'b', 30, 60)], 1).overlaps).toHaveLength(1)
    expect(judge([run(0, 'dead', 10), run(0, 'b', 40, 60)], 1).overlaps).toHaveLength(1)
  })

  it('finds a repeat nobody died for', () => {
    expect(judge([run(0, 'a', 10, 20), run(0, 'b', 30, 40)], 1).unexplained).toHaveLength(1)
  })

  it('accepts a repeat by live workers only where a copy was given back by one that was killed since', () => {
    const twins = [run(0, 'a', 40, 80), run(0, 'b', 60, 90)]
    expect(judge(twins, 1, [[0, 'dead']])).toMatchObject({ overlaps: [], unexplained: [], duplicated: 1 })
    expect(judge(twins, 1, [[0, 'alive']]).unexplained).toHaveLength(1)
    expect(judge(twins, 1, [[1, 'dead']]).overlaps).toHaveLength(1)
    expect(judge([run(0, 'a', 10, 20), run(0, 'b', 30, 40)], 1, [[0, 'dead']]).unexplained).toHaveLength(1)
  })
})
