export type ColumnType = 'integer' | 'real' | 'boolean' | 'date' | 'text'
export type Cell = string | number | null

/** A column is of a type when so many of its values are. The others are rejected, as mistakes. */
const MOST = 0.9
const NARROWEST_FIRST: readonly ColumnType[] = ['integer', 'real', 'boolean', 'date']
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['yes', 1],
  ['false', 0],
  ['no', 0],
])
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** A leading zero makes a number a text: it is a postcode, or a key. */
const MATCHES: Readonly<Record<ColumnType, (text: string) => boolean>> = {
  integer: (text) => /^-?(0|[1-9]\d{0,14})$/.test(text),
  real: (text) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text)),
  boolean: (text) => BOOLEANS.has(text.toLowerCase()),
  date: (text) => DATE.test(text) && !Number.isNaN(Date.parse(text)),
  text: () => true,
}

export class ColumnProfile {
  #filled = 0
  readonly #counts = NARROWEST_FIRST.map(() => 0)

  add(text: string): void {
    if (text === '') return
    this.#filled += 1
    for (const [at, type] of NARROWEST_FIRST.entries()) if (MATCHES[type](text)) this.#counts[at]! += 1
  }

  get type(): ColumnType {
    const at = this.#counts.findIndex((count) => count > 0 && count >= MOST * this.#filled)
    return NARROWEST_FIRST[at] ?? 'text'
  }
}

/** The value as the database keeps it; `undefined` when it is none of that type. */
export function toCell(text: string, type: ColumnType): Cell | undefined {
  if (text === '') return null
  if (!MATCHES[type](text)) return undefined
  if (type === 'boolean') return BOOLEANS.get(text.toLowerCase())!
  return type === 'integer' || type === 'real' ? Number(text) : text
}
