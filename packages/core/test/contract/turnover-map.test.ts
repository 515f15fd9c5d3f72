import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TurnoverMap } from '../../src/contract/index.ts'

/** What is done to both, thousands of times in a row: turns come after 1,024 entries, and after 4,096 at the latest. */
const runs = fc.array(
  fc.record({
    /** So many new keys are put in, … */
    added: fc.nat(1500),
    /** … and this part of all that are there is taken out, from the oldest on or from anywhere. */
    share: fc.constantFrom(0, 0.1, 0.5, 0.9, 1),
    oldest: fc.boolean(),
  }),
  { minLength: 5, maxLength: 12 },
)

describe('a turnover map', () => {
  it('holds what a map would hold, through many turns', () => {
    fc.assert(
      fc.property(runs, (steps) => {
        const model = new Map<string, number>()
        const map = new TurnoverMap<string, number>()
        let next = 0
        for (const { added, share, oldest } of steps) {
          for (let n = 0; n < added; n += 1) {
            next += 1
            model.set(`key ${next}`, next)
            map.set(`key ${next}`, next)
          }
          const keys = [...model.keys()]
          const gone = Math.floor(keys.length * share)
          for (const key of oldest ? keys.slice(0, gone) : keys.filter((_, at) => at % 10 < share * 10)) {
            expect(map.delete(key)).toBe(true)
            model.delete(key)
          }
          expect(map.size).toBe(model.size)
          expect(new Map(map.entries())).toEqual(model)
        }
        expect([...map.values()].toSorted((a, b) => a - b)).toEqual([...model.values()])
        for (let n = 0; n <= next; n += 97) {
          expect(map.get(`key ${n}`)).toBe(model.get(`key ${n}`))
          expect(map.has(`key ${n}`)).toBe(model.has(`key ${n}`))
          expect(map.delete(`key ${n}`)).toBe(model.delete(`key ${n}`))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('holds the newest value of a key that is put in again after a turn', () => {
    const map = new TurnoverMap<number, string>()
    map.set(0, 'old')
    for (let n = 1; n <= 3000; n += 1) map.set(n, 'other')
    map.set(0, 'new')
    expect(map.get(0)).toBe('new')
    expect(map.size).toBe(3001)
    map.delete(0)
    expect(map.has(0)).toBe(false)
  })

  it('is empty when it was cleared', () => {
    const map = new TurnoverMap<number, number>()
    for (let n = 0; n < 3000; n += 1) map.set(n, n)
    map.clear()
    expect([map.size, map.get(2999), [...map.values()]]).toEqual([0, undefined, []])
  })
})
