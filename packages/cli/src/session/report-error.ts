import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Output } from '../output/output.ts'
import { sanitize, sanitizeLines } from '../output/sanitize.ts'
import { Interrupted } from './interruption.ts'

/** By `code` of a QueueError; any other code means the work itself failed. */
const EXIT_OF: Readonly<Record<string, number>> = {
  INVALID: EXIT.usage,
  CONNECTION_LOST: EXIT.unreachable,
  DENIED: EXIT.unreachable,
  RESULT_TIMEOUT: EXIT.timeout,
}

const HINTS: Readonly<Record<string, string>> = {
  CONNECTION_LOST: 'Check the broker with: bananas doctor',
}

/** Says what went wrong in one line, with a stack only when asked for. Returns the exit code. */
export function reportError(error: unknown, out: Output): number {
  if (error instanceof Interrupted) return error.exitCode
  const { code, message, exitCode } = explain(error)
  out.complain({ error: { code, message } }, () => `${out.paintError('red', 'error')}: ${sanitize(message)}`)
  if (out.verbose && error instanceof Error) out.note(sanitizeLines(stackOf(error)))
  return exitCode
}

function explain(error: unknown): { code: string; message: string; exitCode: number } {
  if (error instanceof CliError)
    return { code: error.code, message: oneLine(error.message), exitCode: error.exitCode }
  const code = queueErrorCode(error)
  if (code !== undefined) {
    const hint = HINTS[code]
    const message = oneLine((error as Error).message)
    return {
      code,
      message: hint === undefined ? message : `${message.replace(/[.\s]*$/, '.')} ${hint}`,
      exitCode: EXIT_OF[code] ?? EXIT.failed,
    }
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Something threw ${String(error)}`
  return { code: 'UNEXPECTED', message: `${oneLine(text)} (--verbose shows where)`, exitCode: EXIT.failed }
}

/** By the brand, as `QueueError.is` does, without importing core: reporting a wrong flag must not cost its loading. */
function queueErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !(Symbol.for('bananas.error') in error)) return undefined
  return String((error as { code?: unknown }).code)
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ').trim()
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own
}
