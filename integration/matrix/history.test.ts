import { describe, expect, it } from 'vitest'
import { judge } from './history.ts'
import type { Run } from './history.ts'

const run = (task: number, process: string, startedAt: number, endedAt?: number): Run => ({
  task,
  process,
  startedAt: BigInt(startedAt),
  endedAt: endedAt === undefined ? undefined : BigInt(endedAt),
})
const deaths = new Map([['dead', 50n]])

describe('judge', () => {
  it('accepts a task that ran again after its worker was killed', () => {
    expect(judge([run(0, 'dead', 10), run(0, 'b', 60, 70)], 1, deaths)).toMatchObject({
      lost: [],
      duplicated: 0,
      overlaps: [],
      unexplained: [],
    })
  })

  it('counts a task that ended, but whose worker died before it could say so, as a duplicate and no more', () => {
    expect(judge([run(0, 'dead', 10, 20), run(0, 'b', 60, 70)], 1, deaths)).toMatchObject({
      duplicated: 1,
      overlaps: [],
      unexplained: [],
    })
  })

  it('finds a task that never ended', () => {
    expect(judge([run(0, 'dead', 10)], 2, deaths).lost).toEqual([0, 1])
  })

  it('finds two live workers holding one task', () => {
    expect(judge([run(0, 'a', 10, 40), run(0, 'b', 30, 60)], 1, deaths).overlaps).toHaveLength(1)
    expect(judge([run(0, 'dead', 10), run(0, 'b', 40, 60)], 1, deaths).overlaps).toHaveLength(1)
  })

  it('finds a repeat nobody died for', () => {
    expect(judge([run(0, 'a', 10, 20), run(0, 'b', 30, 40)], 1, deaths).unexplained).toHaveLength(1)
  })
})
