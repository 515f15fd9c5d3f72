import type { DeadLetter } from '@bananasjs/core/contract'
import { errorOf, taskOf } from '../output/message-facts.ts'
import { formatTime } from '../output/format.ts'
import { errorLines } from '../output/outcome-lines.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'

interface Flags {
  readonly limit: number
  readonly after?: string
  readonly all?: boolean
}

export async function action(context: Context, flags: Flags, [queue = '']: readonly string[]): Promise<void> {
  const { app, out } = context
  let after = flags.after
  let shown = 0
  do {
    const page = await app.queues.dead(queue, { limit: flags.limit, after })
    show(context, queue, page.letters)
    shown += page.letters.length
    after = page.next
    // A page of one lane may be empty or short while the next lane has more.
  } while (after !== undefined && (flags.all === true || shown === 0))
  if (shown === 0) out.note(`There are no dead letters in "${sanitize(queue)}".`)
  if (after === undefined) return
  if (out.json) out.record({ next: after }, () => [])
  else out.note(`There are more: --after ${after}, or --all`)
}

function show({ out }: Context, queue: string, letters: readonly DeadLetter[]): void {
  const items = letters.map((letter) => toItem(queue, letter))
  if (items.length === 0) return
  if (!out.verbose || out.json)
    return out.rows(items, HEADINGS, (item) => [
      item.id,
      item.task,
      item.deadSince,
      item.deliveries,
      item.reason,
    ])
  for (const item of items) {
    out.record(item, () => [
      `${out.paint('bold', sanitize(item.id))}  ${sanitize(item.task)}  ${item.deadSince}  ${item.deliveries} deliveries`,
      `  ${sanitize(item.reason)}`,
      ...(item.error === undefined ? [] : errorLines(item.error, true).map((line) => `  ${sanitize(line)}`)),
    ])
  }
}

const HEADINGS = ['id', 'task', 'dead since', 'deliveries', 'reason']

function toItem(queue: string, { message, reason, deadAt, deliveries }: DeadLetter) {
  const error = errorOf(message)
  return {
    queue,
    id: message.id,
    task: taskOf(message),
    deadAt,
    deadSince: formatTime(deadAt),
    deliveries,
    reason,
    ...(error && { error }),
  }
}
