import type { Writable } from 'node:stream'
import { toJson } from './format.ts'
import { mask } from './mask.ts'
import { paintFor } from './paint.ts'
import type { Paint } from './paint.ts'
import { sanitizeJson } from './sanitize.ts'
import { table } from './table.ts'
import type { Cell } from './table.ts'

type Stream = Writable & { readonly isTTY?: boolean }

export interface OutputOptions {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: NodeJS.ProcessEnv
  readonly json: boolean
  readonly verbose: boolean
}

/** What a task brought along is data, to be handed on unchanged; everything else is masked. */
const DATA_KEYS: ReadonlySet<string> = new Set(['value', 'body'])

/** Answers go to standard output, remarks and errors to standard error: pipes stay clean. */
export class Output {
  readonly json: boolean
  readonly verbose: boolean
  readonly paint: Paint
  readonly paintError: Paint
  readonly #stdout: Stream
  readonly #stderr: Stream

  constructor(options: OutputOptions) {
    this.json = options.json
    this.verbose = options.verbose
    this.#stdout = options.stdout
    this.#stderr = options.stderr
    this.paint = paintFor(options.stdout, options.env)
    this.paintError = paintFor(options.stderr, options.env)
  }

  /** One record: as a line of JSON with `--json`, else as the lines that `text` makes of it. */
  record(value: object, text: () => string | readonly string[]): void {
    if (this.json) return this.#write(this.#stdout, sanitizeJson(toJson(maskDeep(value)) ?? 'null'))
    const lines = text()
    for (const line of typeof lines === 'string' ? [lines] : lines) this.#write(this.#stdout, mask(line))
  }

  /** A list as a table, or one JSON line per row. */
  rows<T extends object>(
    items: readonly T[],
    headings: readonly string[],
    cells: (item: T) => readonly Cell[],
  ): void {
    if (this.json) for (const item of items) this.record(item, () => [])
    else for (const line of table(headings, items.map(cells), this.paint)) this.#write(this.#stdout, line)
  }

  /** For people only; not part of the answer. Silent with `--json`. */
  note(text: string): void {
    if (!this.json) this.#write(this.#stderr, mask(text))
  }

  /** A line on standard error that is there with `--json` too, then as a JSON line. */
  complain(value: object, text: () => string): void {
    this.#write(this.#stderr, this.json ? sanitizeJson(toJson(maskDeep(value)) ?? 'null') : mask(text()))
  }

  #write(stream: Stream, line: string): void {
    stream.write(`${line}\n`)
  }
}

function maskDeep(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') return DATA_KEYS.has(key) ? value : mask(value)
  if (typeof value !== 'object' || value === null || DATA_KEYS.has(key) || depth > 20) return value
  if (Array.isArray(value)) return value.map((one) => maskDeep(one, key, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, maskDeep(one, name, depth + 1)]),
  )
}
