import type { Context } from '../session/context.ts'
import { applyToDead } from './dead-selection.ts'
import type { SelectionFlags } from './dead-selection.ts'

export function action(
  context: Context,
  flags: SelectionFlags,
  [queue = '']: readonly string[],
): Promise<number> {
  const { queues } = context.app
  const how = { verb: 'Forget', past: 'Dropped', key: 'dropped', run: queues.drop.bind(queues) }
  return applyToDead(context, flags, { queue, how })
}
