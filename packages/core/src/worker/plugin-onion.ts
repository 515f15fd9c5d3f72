import type { Plugin } from '../task/plugin.ts'
import type { TaskContext } from '../task/task-context.ts'

export type Call = (instead?: { readonly input: unknown }) => Promise<unknown>
export type Onion = (context: TaskContext, call: Call) => Promise<unknown>

/** All plugins' `execute` around a call, the first outermost; `undefined` when none has one. */
export function pluginOnion(plugins: readonly Plugin[]): Onion | undefined {
  const layers = plugins.filter((plugin) => plugin.execute !== undefined)
  if (layers.length === 0) return undefined
  return layers.reduceRight<Onion>(
    (inner, plugin) => (context, call) =>
      plugin.execute!(context, (instead) =>
        // What an inner layer hands on outranks what an outer one did: it is nearer to the handler.
        inner(context, instead === undefined ? call : (nearer) => call(nearer ?? instead)),
      ),
    (_context, call) => call(),
  )
}
