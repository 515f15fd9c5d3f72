/** Short and readable: `12 ms`, `3.4 s`, `5 min`, `2 h`, `3 d`. */
export function formatMs(ms: number): string {
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${trim(ms / 1000)} s`
  if (ms < 3_600_000) return `${trim(ms / 60_000)} min`
  if (ms < 86_400_000) return `${trim(ms / 3_600_000)} h`
  return `${trim(ms / 86_400_000)} d`
}

/** `2026-01-31 12:34:56` in UTC, so that logs of several machines compare. */
export function formatTime(epochMs: number): string {
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > 8.64e15) return '?'
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** `12:34:56.789` in UTC. */
export function formatClock(epochMs: number): string {
  return Number.isFinite(epochMs) && Math.abs(epochMs) <= 8.64e15
    ? new Date(epochMs).toISOString().slice(11, 23)
    : '?'
}

/** `1 task`, `2 tasks`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** For a count that this broker cannot tell. */
export const UNKNOWN = '?'

/** A value as JSON on one line; whatever JSON cannot hold is described rather than dropped. */
export function formatValue(value: unknown): string {
  return toJson(value) ?? 'undefined'
}

/** Never throws: a serializer may hand out BigInts, Maps and cycles. */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, describeForeign)
  } catch {
    return JSON.stringify(String(value))
  }
}

function describeForeign(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value]
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  return value
}

function trim(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))
}
