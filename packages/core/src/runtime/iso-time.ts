/** Conversions between epoch milliseconds and ISO 8601: pure, so outside the Runtime seam. */
export function toIsoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Epoch milliseconds, or NaN for text that is no time. */
export function fromIsoTime(text: string): number {
  return Date.parse(text)
}

/** Epoch milliseconds of a Date or of a number that already is that; NaN for what only plain JavaScript can pass. */
export function epochMs(time: Date | number): number {
  if (typeof time === 'number') return time
  return time instanceof Date ? time.getTime() : NaN
}
