import type { Message } from '@bananasjs/core/contract'
import { UNKNOWN } from '../output/format.ts'
import { attemptOf, notBeforeOf, taskOf } from '../output/message-facts.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { inspectWorkers } from './ask-workers.ts'

export async function action(
  context: Context,
  { limit }: { readonly limit: number },
  [queue = '']: readonly string[],
): Promise<void> {
  const { app, out } = context
  const counts = await app.queues.inspect(queue)
  out.record({ kind: 'counts', queue, ...counts }, () => [
    out.paint('bold', sanitize(queue)),
    `  ready ${counts.ready}  delayed ${counts.delayed ?? UNKNOWN}  running ${counts.leased ?? UNKNOWN}  dead ${counts.dead}`,
  ])
  await showTasks(context, queue, limit)
  await showWorkers(context, queue)
}

async function showTasks({ app, out }: Context, queue: string, limit: number): Promise<void> {
  if (!app.broker.supports.peek) return out.note(`${app.broker.name} cannot show tasks without taking them.`)
  const tasks = limit === 0 ? [] : (await app.queues.peek(queue, limit)).map(toItem)
  if (tasks.length === 0) return
  if (!out.json) out.record({}, () => ['', `next ${tasks.length}`])
  out.rows(tasks, ['id', 'task', 'priority', 'attempt', 'not before'], (task) => [
    task.id,
    task.task,
    task.priority,
    task.attempt,
    task.notBefore ?? '',
  ])
}

async function showWorkers(context: Context, queue: string): Promise<void> {
  const { out } = context
  const workers = (await inspectWorkers(context))
    .filter(({ queues }) => queues?.includes(queue) === true)
    .map((facts) => ({ kind: 'worker', ...facts }))
  if (workers.length === 0) return out.note('No worker on this queue answered.')
  if (!out.json) out.record({}, () => ['', 'workers'])
  out.rows(workers, ['worker', 'status', 'active', 'concurrency', 'tasks'], (one) => [
    one.worker,
    one.status ?? '?',
    one.active ?? 0,
    one.concurrency ?? 0,
    (one.tasks ?? []).join(', '),
  ])
}

interface Item {
  readonly kind: 'task'
  readonly id: string
  readonly task: string
  readonly priority: number
  readonly attempt: number
  readonly notBefore?: string
  readonly bytes: number
}

function toItem(message: Message): Item {
  const notBefore = notBeforeOf(message)
  return {
    kind: 'task',
    id: message.id,
    task: taskOf(message),
    priority: message.priority,
    attempt: attemptOf(message),
    ...(notBefore !== undefined && { notBefore }),
    bytes: message.body.length,
  }
}
