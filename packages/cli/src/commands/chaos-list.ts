import { loadChaos } from '../chaos/load-chaos.ts'
import type { PlainContext } from '../session/context.ts'

export async function action({ out }: PlainContext, flags: { readonly faults?: boolean }): Promise<void> {
  const { CATALOG, LIBRARY } = await loadChaos()
  if (flags.faults === true) {
    const faults = Object.entries(CATALOG).map(([kind, entry]) => ({ kind, ...entry }))
    return out.rows(faults, ['fault', 'what happens', 'fields'], ({ kind, summary, fields }) => [
      kind,
      summary,
      Object.keys(fields).join(', '),
    ])
  }
  const experiments = Object.entries(LIBRARY).map(([name, { title, method }]) => ({
    name,
    title,
    faults: method.map(({ kind }) => kind),
  }))
  out.rows(experiments, ['name', 'what happens', 'faults'], ({ name, title, faults }) => [
    name,
    title,
    [...new Set(faults)].join(', '),
  ])
}
