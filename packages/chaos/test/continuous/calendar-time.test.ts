import { describe, expect, it } from 'vitest'
import { checkCalendarTime, dayThatIsDue } from '../../src/continuous/calendar-time.ts'

const at = (iso: string): number => Date.parse(iso)

describe('a calendar time', () => {
  it('is due from its minute on, for five minutes, and then gone until the next day', () => {
    const when = { at: '10:00' }
    expect(dayThatIsDue(when, at('2026-11-27T09:59:59Z'))).toBeUndefined()
    expect(dayThatIsDue(when, at('2026-11-27T10:00:00Z'))).toBe('2026-11-27')
    expect(dayThatIsDue(when, at('2026-11-27T10:04:59Z'))).toBe('2026-11-27')
    expect(dayThatIsDue(when, at('2026-11-27T10:05:00Z'))).toBeUndefined()
    expect(dayThatIsDue(when, at('2026-11-28T10:00:00Z'))).toBe('2026-11-28')
  })

  it('is due only on its weekdays, and midnight is 00:00', () => {
    const when = { at: '00:00', on: ['fri'] } as const
    expect(dayThatIsDue(when, at('2026-11-27T00:00:30Z'))).toBe('2026-11-27')
    expect(dayThatIsDue(when, at('2026-11-28T00:00:30Z'))).toBeUndefined()
  })

  it('goes by the clocks of its zone, summer and winter', () => {
    const when = { at: '09:30', zone: 'Europe/Berlin' }
    expect(dayThatIsDue(when, at('2026-01-15T08:30:00Z'))).toBe('2026-01-15')
    expect(dayThatIsDue(when, at('2026-07-15T07:30:00Z'))).toBe('2026-07-15')
    expect(dayThatIsDue(when, at('2026-07-15T08:30:00Z'))).toBeUndefined()
    expect(dayThatIsDue({ at: '00:30', zone: 'Asia/Tokyo' }, at('2026-11-27T15:31:00Z'))).toBe('2026-11-28')
  })

  it.each(['9:30', '24:00', '10:60', 'noon'])('refuses the time %s', (time) => {
    expect(() => checkCalendarTime({ at: time }, 'when')).toThrow(/when\.at: it must be HH:MM/)
  })

  it('refuses a zone that does not exist', () => {
    expect(() => checkCalendarTime({ at: '10:00', zone: 'Europe/Berln' }, 'when')).toThrow(/no time zone/)
  })
})
