import { relative } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import { loadTransport } from '../broker/load-transport.ts'
import { CliError } from '../cli-error.ts'
import { isApp } from '../config/check-config.ts'
import type { AppOverrides } from '../config/define-config.ts'
import { mask } from '../output/mask.ts'
import type { Settings } from './settings.ts'

export interface OpenedApp {
  readonly app: Bananas
  /** For people: broker and where its address came from, without secrets. */
  readonly where: string
}

/** The application as file, environment and flags want it. It connects on first use. @throws CliError */
export async function createApp(settings: Settings, mayCreate: boolean, cwd: string): Promise<OpenedApp> {
  const { address, config, configPath } = settings
  const ownApp = config?.app
  if (ownApp === undefined) return fromAddress(settings, await loadTransport(address!, mayCreate))
  if (typeof ownApp !== 'function') {
    if (address?.by === '--broker') throw new CliError(keepsItsOwn(configPath!))
    return { app: ownApp, where: `${ownApp.broker.name} of ${relative(cwd, configPath!)}` }
  }
  const overrides = address === undefined ? {} : { transport: await loadTransport(address, mayCreate), url: address.url }
  const app = await callApp(ownApp, overrides, configPath!)
  const obeys = overrides.transport === undefined || app.broker === overrides.transport.broker
  if (!obeys && address?.by === '--broker') throw new CliError(keepsItsOwn(configPath!))
  return { app, where: `${app.broker.name} of ${obeys && address ? `${address.by} (${mask(address.url)})` : relative(cwd, configPath!)}` }
}

function fromAddress({ address, namespace, secret }: Settings, transport: Transport): OpenedApp {
  const app = new Bananas({ transport, ...(namespace !== undefined && { namespace }), ...(secret !== undefined && { secret }) })
  return { app, where: mask(address!.url) }
}

async function callApp(create: (overrides: AppOverrides) => Bananas | Promise<Bananas>, overrides: AppOverrides, path: string): Promise<Bananas> {
  let app: Bananas
  try {
    app = await create(overrides)
  } catch (cause) {
    if (QueueError.is(cause) || cause instanceof CliError) throw cause
    throw new CliError(`The "app" function of ${path} threw: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  if (isApp(app)) return app
  throw new CliError(`The "app" function of ${path} must return a Bananas application.`)
}

function keepsItsOwn(path: string): string {
  return `${path} chooses its own broker, so --broker has no effect. Let it ask: app: ({ transport }) => new Bananas({ transport: transport ?? sqlite() })`
}
