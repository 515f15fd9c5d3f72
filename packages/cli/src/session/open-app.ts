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
  const file = relative(cwd, configPath!)
  const app =
    typeof ownApp === 'function' ? await makeApp(ownApp, settings, mayCreate) : { app: ownApp, obeys: false }
  if (!app.obeys && address?.by === '--broker') throw new CliError(keepsItsOwn(configPath!))
  const source = app.obeys ? `${address!.by} (${mask(address!.url)})` : file
  return { app: app.app, where: `${app.app.broker.name} of ${source}` }
}

/** `obeys`: it uses the transport it was given. */
async function makeApp(
  create: (overrides: AppOverrides) => Bananas | Promise<Bananas>,
  { address, configPath }: Settings,
  mayCreate: boolean,
): Promise<{ readonly app: Bananas; readonly obeys: boolean }> {
  if (address === undefined) return { app: await callApp(create, {}, configPath!), obeys: false }
  const transport = await loadTransport(address, mayCreate)
  const app = await callApp(create, { transport, url: address.url }, configPath!)
  return { app, obeys: app.broker === transport.broker }
}

function fromAddress({ address, namespace, secret }: Settings, transport: Transport): OpenedApp {
  const app = new Bananas({
    transport,
    ...(namespace !== undefined && { namespace }),
    ...(secret !== undefined && { secret }),
  })
  return { app, where: mask(address!.url) }
}

async function callApp(
  create: (overrides: AppOverrides) => Bananas | Promise<Bananas>,
  overrides: AppOverrides,
  path: string,
): Promise<Bananas> {
  let app: Bananas
  try {
    app = await create(overrides)
  } catch (cause) {
    if (QueueError.is(cause) || cause instanceof CliError) throw cause
    throw new CliError(
      `The "app" function of ${path} threw: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  if (isApp(app)) return app
  throw new CliError(`The "app" function of ${path} must return a Bananas application.`)
}

function keepsItsOwn(path: string): string {
  return `${path} chooses its own broker, so --broker has no effect. Let it ask: app: ({ transport }) => new Bananas({ transport: transport ?? sqlite() })`
}
