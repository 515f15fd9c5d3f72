import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'

/** In this order, should several lie side by side. */
export const CONFIG_NAMES: readonly string[] = ['ts', 'mts', 'mjs', 'js', 'json'].map(
  (extension) => `bananas.config.${extension}`,
)

/** The file named, or the nearest one from `cwd` upward. @throws CliError when the file named is missing */
export function findConfig(
  cwd: string,
  named?: { readonly path: string; readonly by: string },
): string | undefined {
  if (named !== undefined) return existing(resolve(cwd, named.path), named.by)
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const name = CONFIG_NAMES.find((one) => existsSync(join(folder, one)))
    if (name !== undefined) return join(folder, name)
    if (folder === dirname(folder)) return undefined
  }
}

function existing(path: string, by: string): string {
  if (existsSync(path)) return path
  throw new CliError(`There is no config file ${path} (named by ${by}).`)
}
