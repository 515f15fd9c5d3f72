import type { Failure } from '../contract/failure.ts'
import { QueueError } from '../errors.ts'
import type { Plugin } from '../task/plugin.ts'
import type { Ending } from './settle-batcher.ts'

/**
 * Tells every plugin that wants to know which tasks ended for good, the innermost first; `undefined` when none does.
 * Rejects with what may be better the next time; answers with what will not.
 */
export function tellPlugins(
  plugins: readonly Plugin[],
): ((endings: readonly Ending[]) => Promise<readonly Failure[]>) | undefined {
  const curious = plugins.filter((plugin) => plugin.finish !== undefined).reverse()
  if (curious.length === 0) return undefined
  return async (endings) => {
    const ended = endings.flatMap(({ task, outcome }) => (outcome ? { ...task.facts, ...outcome } : []))
    try {
      if (ended.length > 0) for (const plugin of curious) await plugin.finish!(ended)
      return []
    } catch (cause) {
      if (QueueError.is(cause) && cause.retryable) throw cause
      const error = new QueueError('TASK_FAILED', 'A plugin failed as tasks ended; they come again.', {
        cause,
      })
      return [{ index: 0, error }]
    }
  }
}
