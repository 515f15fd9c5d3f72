import type { QueueEvent } from '@bananasjs/core'
import { formatClock, formatMs } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import type { Colour } from '../output/paint.ts'
import { sanitize } from '../output/sanitize.ts'

const COLOURS: Readonly<Record<string, Colour>> = {
  'task.succeeded': 'green',
  'task.failed': 'red',
  'task.dead': 'red',
  'task.retried': 'yellow',
  'task.revoked': 'yellow',
  'task.expired': 'yellow',
}

/** One event for people. */
export function eventLine(event: QueueEvent, out: Output): string {
  const type = out.paint(COLOURS[event.type] ?? 'dim', event.type.padEnd(16))
  const facts =
    'task' in event
      ? taskFacts(event)
      : [`${event.host}:${event.pid}`, `${event.active}/${event.concurrency} active`]
  return `${formatClock(event.at)}  ${type}  ${facts.map(sanitize).join('  ')}`
}

function taskFacts(event: Extract<QueueEvent, { task: string }>): readonly string[] {
  const { id, task, queue, attempt, runMs, delayMs, progress, note, reason, error } = event
  return [
    task,
    id,
    queue,
    attempt === undefined ? '' : `attempt ${attempt}`,
    runMs === undefined ? '' : formatMs(runMs),
    delayMs === undefined ? '' : `again in ${formatMs(delayMs)}`,
    progress === undefined ? '' : `${Math.round(progress * 100)} %`,
    note ?? '',
    reason ?? '',
    error === undefined ? '' : `${error.name}: ${error.message}`,
  ].filter((fact) => fact !== '')
}
