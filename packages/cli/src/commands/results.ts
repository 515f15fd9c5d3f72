import type { Context } from '../session/context.ts'
import { showOutcomes } from './task-outcome.ts'
import { waitMs } from './wait-flags.ts'
import type { WaitFlags } from './wait-flags.ts'

export function action(context: Context, flags: WaitFlags, ids: readonly string[]): Promise<number> {
  return showOutcomes(context, ids, waitMs(flags))
}
