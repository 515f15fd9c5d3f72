import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { CliError } from '../cli-error.ts'
import { checkConfig } from './check-config.ts'
import type { BananasConfig } from './define-config.ts'
import { explainImport } from './explain-import.ts'

/** @throws CliError naming the file, what is wrong with it and the way out */
export async function loadConfig(path: string): Promise<BananasConfig> {
  return checkConfig(path.endsWith('.json') ? await readJson(path) : await importConfig(path), path)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readFile(path, 'utf8')).replace(/^\ufeff/, ''))
  } catch (cause) {
    throw new CliError(`${path} cannot be read as JSON: ${(cause as Error).message}`, { cause })
  }
}

async function importConfig(path: string): Promise<unknown> {
  const module = await importModule(path)
  if ('default' in module) return module.default
  if ('config' in module) return module.config
  throw new CliError(
    `${path} exports no config. Write: export default defineConfig({ … }), or: export const config = defineConfig({ … })`,
  )
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new CliError(explainImport(path, cause), { cause })
  }
}
