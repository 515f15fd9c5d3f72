import { UNKNOWN } from '../output/format.ts'
import type { Context } from '../session/context.ts'
import { inspectWorkers } from './ask-workers.ts'

export async function action(context: Context): Promise<void> {
  const { app, out, where } = context
  const names = await namesOf(context)
  const rows = await Promise.all(
    names.map(async (queue) => ({ queue, ...(await app.queues.inspect(queue)) })),
  )
  if (rows.length === 0)
    return out.note(`There are no queues on ${where} yet. A queue exists from its first task on.`)
  out.rows(rows, ['queue', 'ready', 'delayed', 'running', 'dead'], (row) => [
    row.queue,
    row.ready,
    row.delayed ?? UNKNOWN,
    row.leased ?? UNKNOWN,
    row.dead,
  ])
}

/** Where the broker has no list, the workers know which queues they serve. */
async function namesOf(context: Context): Promise<readonly string[]> {
  const { app, out } = context
  if (app.broker.supports.inspect !== 'ready') return app.queues.list()
  out.note(`${app.broker.name} cannot list its queues: these are the ones that workers serve now.`)
  const served = (await inspectWorkers(context)).flatMap(({ queues = [] }) => queues)
  return [...new Set(served)].toSorted()
}
