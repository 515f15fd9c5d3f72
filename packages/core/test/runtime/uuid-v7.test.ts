import { describe, expect, it } from 'vitest'
import { createUuidV7, uuidV7Time } from '../../src/runtime/uuid-v7.ts'

describe('createUuidV7', () => {
  it('makes RFC 9562 version 7 ids that hold the time', () => {
    const id = createUuidV7(() => 1_795_457_254_887)()
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuidV7Time(id)).toBe(1_795_457_254_887)
  })

  it('never repeats or goes backwards, within a millisecond and when the clock steps back', () => {
    let now = 1000
    const next = createUuidV7(() => now)
    const ids: string[] = []
    for (let step = 0; step < 50_000; step += 1) {
      if (step === 20_000) now += 5
      if (step === 30_000) now -= 500
      ids.push(next())
    }
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  it.each([
    [''],
    ['not-an-id'],
    ['123e4567-e89b-42d3-a456-426614174000'],
    ['zzzzzzzz-zzzz-7zzz-8zzz-zzzzzzzzzzzz'],
  ])('finds no time in %j', (id) => {
    expect(uuidV7Time(id)).toBeUndefined()
  })
})
