import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Transport } from '@bananasjs/core/contract'
import { CliError } from '../cli-error.ts'
import { adapterOf, schemeOf, sqlitePath } from './broker-url.ts'
import type { Adapter } from './broker-url.ts'

export interface BrokerAddress {
  readonly url: string
  /** Where it came from, for messages: `--broker`, `BANANAS_URL`, the config file. */
  readonly by: string
  /** Folder that relative paths and the project's packages are looked up from. */
  readonly folder: string
}

/** Imports the adapter for an address and makes its transport; nothing connects yet. @throws CliError */
export async function loadTransport(address: BrokerAddress, mayCreate: boolean): Promise<Transport> {
  const adapter = adapterOf(address.url, address.by)
  const args =
    schemeOf(address.url) === 'sqlite' ? [sqliteFile(address, mayCreate)] : adapter.args(address.url)
  const module = await importAdapter(adapter, address.folder)
  const factory = module[adapter.factory]
  if (typeof factory !== 'function')
    throw new CliError(
      `${adapter.module} exports no "${adapter.factory}". Install a version that fits this command.`,
    )
  return (factory as (...args: readonly unknown[]) => Transport)(...args)
}

/** A command that only looks must not leave an empty database behind where somebody mistyped a path. */
function sqliteFile(address: BrokerAddress, mayCreate: boolean): string {
  const path = sqlitePath(address.url)
  if (path === ':memory:' || path.startsWith('file:')) return path
  const file = resolve(address.folder, path)
  if (mayCreate || existsSync(file)) return file
  throw new CliError(
    `There is no database ${file} (from ${address.by}). "bananas enqueue" and "bananas worker" create it.`,
  )
}

/** From the project first, so that a globally installed command finds the project's adapter; then beside this package. */
async function importAdapter(adapter: Adapter, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const specifier = inProject(adapter.module, folder) ?? adapter.module
  try {
    return (await import(specifier)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const message = (cause as Error).message
    if (!message.includes(adapter.package))
      throw new CliError(`${adapter.package} could not be loaded: ${message}`, { cause })
    throw new CliError(
      `This broker needs the package ${adapter.package}. Run: npm install ${adapter.package}`,
      { code: 'NOT_INSTALLED', cause },
    )
  }
}

function inProject(module: string, folder: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(folder, 'package.json')).resolve(module)).href
  } catch {
    return undefined
  }
}
