/** Any value as short text for an error message. Never throws. */
export function show(value: unknown): string {
  try {
    const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
    return text.length <= 60 ? text : `${text.slice(0, 60)}…`
  } catch {
    return `a ${typeof value}`
  }
}
