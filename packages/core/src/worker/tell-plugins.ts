import type { EndedTask, Plugin } from '../task/plugin.ts'
import type { Ending } from './settle-batcher.ts'

/** Tells every plugin that wants to know which tasks ended for good, the innermost first; `undefined` when none does. */
export function tellPlugins(
  plugins: readonly Plugin[],
): ((endings: readonly Ending[]) => Promise<void>) | undefined {
  const curious = plugins.filter((plugin) => plugin.finish !== undefined).toReversed()
  if (curious.length === 0) return undefined
  return async (endings) => {
    const ended = endings.flatMap((ending) => endedTask(ending) ?? [])
    if (ended.length > 0) for (const plugin of curious) await plugin.finish!(ended)
  }
}

function endedTask({ task, outcome }: Ending): EndedTask | undefined {
  if (outcome === undefined) return undefined
  return {
    id: task.id,
    task: task.envelope.task,
    queue: task.source.queue,
    headers: task.delivery.message.headers,
    attempt: task.envelope.attempt,
    deliveries: task.delivery.deliveries,
    state: outcome.state,
    output: outcome.output,
    error: outcome.error,
  }
}
