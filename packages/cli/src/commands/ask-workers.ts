import { QueueError } from '@bananasjs/core'
import type { CommandName, Reply } from '@bananasjs/core'
import type { Context } from '../session/context.ts'

/** What a worker answers to `inspect`, as far as it is shown; another version may answer less. */
export interface WorkerFacts {
  readonly queues?: readonly string[]
  readonly tasks?: readonly string[]
  readonly status?: string
  readonly active?: number
  readonly concurrency?: number
}

const INSPECT_MS = 500

export async function inspectWorkers(
  context: Pick<Context, 'app' | 'out'>,
): Promise<readonly (WorkerFacts & { readonly worker: string })[]> {
  const replies = await askWorkers(context, 'inspect', INSPECT_MS)
  return replies.map(({ worker, value }) => ({ worker, ...(value as WorkerFacts | undefined) }))
}

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
