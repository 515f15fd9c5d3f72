import type { EndedTask, PluginHost } from '@bananasjs/core'
import type { NodeEnd } from './node-end.ts'
import { errorOf, readResults } from './node-results.ts'

/** What was stored first stands, whatever a later run returned. */
export async function asStored(
  host: PluginHost,
  tasks: readonly EndedTask[],
  ends: readonly NodeEnd[],
): Promise<readonly NodeEnd[]> {
  const doubtful = tasks.filter((_, at) => ends[at]!.again).map(({ id }) => id)
  if (doubtful.length === 0) return ends
  const results = await readResults(host, doubtful)
  return ends.map((end, at) => {
    const result = end.again ? results.get(tasks[at]!.id) : undefined
    if (result === undefined || !result.final) return end
    const { value: _, error, ...rest } = end
    if (result.state !== 'succeeded')
      return { ...rest, ok: false, error: result.facts.error ?? error ?? errorOf(result) }
    return { ...rest, ok: true, value: { value: result.value() } }
  })
}
