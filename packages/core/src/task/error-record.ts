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

/** The plain Error that a record stands for. */
export function rebuildError(record: ErrorRecord): Error {
  const error = new Error(
    record.message,
    record.cause === undefined ? undefined : { cause: rebuildError(record.cause) },
  )
  error.name = record.name
  if (record.stack !== undefined) error.stack = record.stack
  if (record.code !== undefined) Object.assign(error, { code: record.code })
  return error
}

function field(name: 'stack' | 'code', value: string | undefined, chars: number): Partial<ErrorRecord> {
  return value === undefined ? {} : { [name]: cut(value, chars) }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
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
