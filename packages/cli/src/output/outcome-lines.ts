import type { ErrorRecord, TaskStatus } from '@bananasjs/core'
import { formatClock, formatMs, formatTime, formatValue } from './format.ts'
import type { Output } from './output.ts'
import type { Colour } from './paint.ts'
import { sanitize } from './sanitize.ts'

const COLOURS: Readonly<Record<TaskStatus['state'], Colour>> = {
  queued: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  expired: 'yellow',
  unknown: 'dim',
}

const UNKNOWN = 'not started yet, never stored, or forgotten'

/** One task as a headline and, indented below, what is known of it. */
export function outcomeLines(
  outcome: TaskStatus & { readonly value?: unknown; readonly timedOut?: true },
  out: Output,
): readonly string[] {
  const { id, state, timedOut } = outcome
  const words = [
    out.paint('bold', sanitize(id)),
    out.paint(COLOURS[state], state),
    ...facts(outcome).map(sanitize),
  ]
  const lines = [words.join('  ')]
  if (timedOut === true) lines.push(field('waited', 'the time is over; the task goes on'))
  if (state === 'unknown') lines.push(field('note', UNKNOWN))
  if (outcome.progress !== undefined)
    lines.push(
      field(
        'progress',
        `${Math.round(outcome.progress * 100)} %${outcome.note === undefined ? '' : `  ${outcome.note}`}`,
      ),
    )
  if (state === 'succeeded') lines.push(field('value', formatValue(outcome.value)))
  if (outcome.reason !== undefined) lines.push(field('reason', outcome.reason))
  if (outcome.error !== undefined)
    lines.push(
      ...errorLines(outcome.error, out.verbose).map((line, at) => field(at === 0 ? 'error' : '', line)),
    )
  for (const { at, level, message } of outcome.logs ?? [])
    lines.push(field('log', `${formatClock(at)}  ${level.padEnd(5)}  ${message}`))
  return lines
}

/** An error and its causes, a line each; with stacks when wanted. Not sanitised. */
export function errorLines(error: ErrorRecord, stacks: boolean): readonly string[] {
  const lines: string[] = []
  for (let one: ErrorRecord | undefined = error; one !== undefined; one = one.cause) {
    const code = one.code === undefined ? '' : ` [${one.code}]`
    lines.push(`${one === error ? '' : 'caused by '}${one.name}: ${one.message}${code}`)
    if (stacks && one.stack !== undefined)
      lines.push(
        ...one.stack
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .map((line) => `  ${line.trim()}`),
      )
  }
  return lines
}

function facts({ task, attempt, startedAt, finishedAt, worker }: TaskStatus): readonly string[] {
  return [
    ...(task === undefined ? [] : [task]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(startedAt !== undefined && finishedAt !== undefined ? [formatMs(finishedAt - startedAt)] : []),
    ...(finishedAt === undefined ? [] : [`at ${formatTime(finishedAt)}`]),
    ...(worker === undefined ? [] : [`on ${worker}`]),
  ]
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(8)}  ${sanitize(value)}`
}
