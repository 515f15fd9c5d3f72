import { QueueError } from '@bananasjs/core'

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

export const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** A time that comes again. */
export interface CalendarTime {
  /** Default: every day. */
  readonly on?: readonly Weekday[] | undefined
  /** `HH:MM`, 24 hours. */
  readonly at: string
  /** A name such as `Europe/Berlin`. Default `UTC`. */
  readonly zone?: string | undefined
}

/** Whoever comes later than this does not begin any more: people planned for that hour, not for some hour. */
const LATE_MINUTES = 5

/** The day (`2026-11-27`, in its zone) whose time has just come; `undefined` when it has not, or is gone. */
export function dayThatIsDue(
  { on = WEEKDAYS, at, zone = 'UTC' }: CalendarTime,
  now: number,
): string | undefined {
  const { day, weekday, minute } = wallClock(now, zone)
  const lateMinutes = minute - minuteOf(at)
  if (!on.includes(weekday) || lateMinutes < 0 || lateMinutes >= LATE_MINUTES) return undefined
  return day
}

/** @throws QueueError INVALID for a time or a zone that does not exist */
export function checkCalendarTime({ at, zone = 'UTC' }: CalendarTime, path: string): void {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(at))
    throw new QueueError(
      'INVALID',
      `${path}.at: it must be HH:MM, such as "09:30", not ${JSON.stringify(at)}.`,
    )
  try {
    wallClock(0, zone)
  } catch (cause) {
    throw new QueueError('INVALID', `${path}.zone: there is no time zone ${JSON.stringify(zone)}.`, { cause })
  }
}

interface WallClock {
  readonly day: string
  readonly weekday: Weekday
  /** Of the day. */
  readonly minute: number
}

function wallClock(now: number, zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
  return {
    day: `${parts['year']}-${parts['month']}-${parts['day']}`,
    weekday: parts['weekday']!.slice(0, 3).toLowerCase() as Weekday,
    minute: minuteOf(`${parts['hour']}:${parts['minute']}`),
  }
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
