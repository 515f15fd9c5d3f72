import type { Context } from '../session/context.ts'
import { applyToDead } from './dead-selection.ts'
import type { SelectionFlags } from './dead-selection.ts'

export function action(
  context: Context,
  flags: SelectionFlags,
  [queue = '']: readonly string[],
): Promise<number> {
  const { queues } = context.app
  const how = { verb: 'Redrive', past: 'Redrove', key: 'redriven', run: queues.redrive.bind(queues) }
  return applyToDead(context, flags, { queue, how })
}
