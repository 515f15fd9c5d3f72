import { show } from './show.ts'

/** An error as data: what travels in results, dead letters and events. Rebuilt only as a plain Error, never by class name. */
export interface ErrorRecord {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly cause?: ErrorRecord
}

const MESSAGE_CHARS = 2000
const STACK_CHARS = 4000
const CAUSES = 8

/** Never throws, whatever was thrown: strings, undefined, frozen or cyclic errors, getters that throw. */
export function errorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: 'Error', message: cut(`A handler threw ${describe(thrown)}`, MESSAGE_CHARS) }
  }
  const cause = depth < CAUSES ? (read(thrown, 'cause') ?? undefined) : undefined
  return {
    name: cut(text(thrown, 'name') ?? 'Error', 200),
    message: cut(text(thrown, 'message') ?? '', MESSAGE_CHARS),
    ...field('stack', text(thrown, 'stack'), STACK_CHARS),
    ...field('code', text(thrown, 'code'), 200),
    ...(cause !== undefined && { cause: errorRecord(cause, depth + 1) }),
  }
}

/** The plain Error that a record stands for. A record may come from anywhere: what is no text is left out. */
export function rebuildError(record: ErrorRecord, depth = 0): Error {
  const { cause } = record
  const nested =
    depth < CAUSES && isErrorRecord(cause) ? { cause: rebuildError(cause, depth + 1) } : undefined
  const error = new Error(text(record, 'message') ?? '', nested)
  error.name = text(record, 'name') ?? 'Error'
  const stack = text(record, 'stack')
  const code = text(record, 'code')
  if (stack !== undefined) error.stack = stack
  if (code !== undefined) Object.assign(error, { code })
  return error
}

export function isErrorRecord(value: unknown): value is ErrorRecord {
  return typeof value === 'object' && value !== null
}

function field(name: 'stack' | 'code', value: string | undefined, chars: number): Partial<ErrorRecord> {
  return value === undefined ? {} : { [name]: cut(value, chars) }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : show(value)
}

function read(source: object, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function text(source: object, key: string): string | undefined {
  const value = read(source, key)
  return typeof value === 'string' ? value : undefined
}

function cut(value: string, chars: number): string {
  return value.length <= chars ? value : `${value.slice(0, chars)}…`
}
