import { confirm } from '../session/confirm.ts'
import type { ConfirmFlags } from '../session/confirm.ts'
import { plural } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { EXIT } from '../exit-codes.ts'
import type { Context } from '../session/context.ts'

export async function action(
  context: Context,
  flags: ConfirmFlags,
  [queue = '']: readonly string[],
): Promise<number> {
  const { app, out, where } = context
  const size = await waiting(context, queue)
  if (size === 0) out.note(`Nothing waits in "${sanitize(queue)}".`)
  else if (
    !(await confirm(
      context,
      flags,
      `Throw away ${size === undefined ? 'all tasks' : plural(size, 'task')} of "${queue}" on ${where}?`,
    ))
  )
    return EXIT.failed
  const purged = await app.queues.purge(queue)
  out.record({ queue, purged }, () => `Purged ${plural(purged, 'task')} of "${sanitize(queue)}".`)
  return EXIT.done
}

async function waiting({ app }: Context, queue: string): Promise<number | undefined> {
  if (app.broker.supports.inspect === 'none') return undefined
  const { ready, delayed } = await app.queues.inspect(queue)
  return delayed === undefined ? undefined : ready + delayed
}
