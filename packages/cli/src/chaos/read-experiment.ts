import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Experiment } from '@bananasjs/chaos'
import { CliError } from '../cli-error.ts'
import { explainImport } from '../config/explain-import.ts'
import type { Chaos } from './load-chaos.ts'

/** By the name of a ready one, else from a file. @throws CliError, or QueueError INVALID naming file, line and path */
export async function readExperiment(chaos: Chaos, name: string, cwd: string): Promise<Experiment> {
  if (Object.hasOwn(chaos.LIBRARY, name)) return chaos.LIBRARY[name]!
  const path = resolve(cwd, name)
  if (!/\.[cm]?[jt]s$/.test(path)) return chaos.loadExperiment(path)
  const module = await importModule(path)
  if (module.default === undefined)
    throw new CliError(`${path} exports no experiment. Write: export default defineExperiment({ … })`)
  return chaos.defineExperiment(module.default as Experiment)
}

async function importModule(path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (cause) {
    throw new CliError(explainImport(path, cause), { cause })
  }
}
