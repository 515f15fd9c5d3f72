import type { EnqueueOptions, Job } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'
import { findTask } from '../config/known-tasks.ts'
import type { KnownTask } from '../config/known-tasks.ts'
import { EXIT } from '../exit-codes.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { enqueueOptions } from './enqueue-options.ts'
import type { EnqueueFlags } from './enqueue-options.ts'
import { readPayload } from './read-payload.ts'
import { showOutcomes } from './task-outcome.ts'
import { waitMs } from './wait-flags.ts'
import type { WaitFlags } from './wait-flags.ts'

interface Flags extends EnqueueFlags, WaitFlags {
  readonly count?: number
  readonly anyTask?: boolean
}

interface Order {
  readonly task: KnownTask
  readonly input: unknown
  readonly options: EnqueueOptions
  readonly count: number
}

/** Bounded memory, and early output, however large `--count` is. */
const CHUNK = 1000

export async function action(
  context: Context,
  flags: Flags,
  [name = '', payload]: readonly string[],
): Promise<number> {
  const limitMs = waitMs(flags)
  const count = flags.count ?? 1
  const options = enqueueOptions(flags, context.signal)
  if (count > 1 && options.id !== undefined)
    throw new CliError('--id names one task, --count asks for several. Leave one of them out.')
  const task = findTask(context.config, name, flags.anyTask === true)
  const order: Order = { task, input: await readPayload(payload, context.input), options, count }
  if (context.app.broker.name === 'memory')
    context.out.note('The memory broker ends with this process, and the task with it.')
  const ids: string[] = []
  for await (const jobs of send(context, order)) {
    for (const job of jobs) announce(context, order, { job, waits: limitMs !== undefined })
    if (limitMs !== undefined) ids.push(...jobs.map((job) => job.id))
  }
  return limitMs === undefined ? EXIT.done : showOutcomes(context, ids, limitMs)
}

async function* send(
  { app, signal }: Context,
  { task, input, options, count }: Order,
): AsyncGenerator<readonly Job[]> {
  if (count === 1) return yield [await app.enqueue(task, input, options)]
  // A chunk under way is finished, so that it is known how many were sent.
  const { signal: _, ...unstoppable } = options
  for (let sent = 0; sent < count; sent += CHUNK) {
    if (signal.aborted)
      throw new CliError(`Stopped after ${sent} of ${count} tasks.`, {
        code: 'STOPPED',
        exitCode: EXIT.interrupted,
      })
    yield await app.enqueueMany(
      task,
      Array.from({ length: Math.min(CHUNK, count - sent) }, () => input),
      unstoppable,
    )
  }
}

/** The id alone goes to standard output, for scripts; one that is waited for comes with its outcome. */
function announce(
  { out }: Context,
  { task, options }: Order,
  { job, waits }: { job: Job; waits: boolean },
): void {
  if (job.duplicate) out.note(`Not sent again: task ${sanitize(job.id)} holds this unique key.`)
  if (waits) return
  const queue = options.queue ?? task.queue
  out.record({ id: job.id, task: task.name, queue, duplicate: job.duplicate }, () => sanitize(job.id))
}
