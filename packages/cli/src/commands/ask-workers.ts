import { QueueError } from '@bananasjs/core'
import type { CommandName, Reply } from '@bananasjs/core'
import type { Context } from '../session/context.ts'

/** The replies of all workers that answer within `waitMs`; none where the transport has no channel. */
export async function askWorkers(
  { app, out }: Pick<Context, 'app' | 'out'>,
  command: CommandName,
  waitMs: number,
): Promise<readonly Reply[]> {
  try {
    return await app.control.send(command, { wait: waitMs })
  } catch (error) {
    if (!QueueError.is(error, 'UNSUPPORTED')) throw error
    out.note(error.message)
    return []
  }
}
