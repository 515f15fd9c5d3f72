import type { Context } from '../session/context.ts'

export async function action({ app, out, where }: Context): Promise<void> {
  const names = await app.queues.list()
  const rows = await Promise.all(
    names.map(async (queue) => ({ queue, ...(await app.queues.inspect(queue)) })),
  )
  if (rows.length === 0)
    return out.note(`There are no queues on ${where} yet. A queue exists from its first task on.`)
  out.rows(rows, ['queue', 'ready', 'delayed', 'running', 'dead'], (row) => [
    row.queue,
    row.ready,
    row.delayed,
    row.leased,
    row.dead,
  ])
}
