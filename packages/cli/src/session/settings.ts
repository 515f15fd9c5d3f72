import { readFileSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { findConfig } from '../config/find-config.ts'
import { loadConfig } from '../config/load-config.ts'
import type { BananasConfig } from '../config/define-config.ts'
import type { BrokerAddress } from '../broker/load-transport.ts'
import { dirname } from 'node:path'
import { BROKER_EXAMPLES } from '../broker/broker-url.ts'
import { rememberSecret, rememberUrl } from '../output/mask.ts'

/** Flags of every command. */
export interface GlobalFlags {
  readonly config?: string
  readonly broker?: string
  readonly namespace?: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** What flags, environment and file say together: flags win over environment, environment over file. */
export interface Settings {
  readonly config: BananasConfig | undefined
  readonly configPath: string | undefined
  /** Absent when the file's `app` stands as it is. */
  readonly address: BrokerAddress | undefined
  readonly namespace: string | undefined
  readonly secret: string | undefined
}

export interface Surroundings {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** @throws CliError when nothing says where the tasks are */
export async function readSettings(flags: GlobalFlags, around: Surroundings): Promise<Settings> {
  const { env, cwd } = around
  rememberUrls(flags.broker, env.BANANAS_URL)
  const configPath = findConfig(cwd, namedConfig(flags, env))
  const config = configPath === undefined ? undefined : await loadConfig(configPath)
  rememberUrls(config?.broker)
  const address = addressOf(flags, around, config && { broker: config.broker, path: configPath! })
  if (address === undefined && config?.app === undefined) throw new CliError(noBroker(configPath, env))
  return {
    config,
    configPath,
    address,
    namespace: namespaceOf(flags, env, config),
    secret: readSecret(env),
  }
}

function namespaceOf(
  flags: GlobalFlags,
  env: NodeJS.ProcessEnv,
  config: BananasConfig | undefined,
): string | undefined {
  return flags.namespace ?? text(env.BANANAS_NAMESPACE) ?? config?.namespace
}

/** Before anything can fail: no message may show a password. */
function rememberUrls(...urls: readonly (string | undefined)[]): void {
  for (const url of urls) if (present(url)) rememberUrl(url)
}

function namedConfig(flags: GlobalFlags, env: NodeJS.ProcessEnv): { path: string; by: string } | undefined {
  if (flags.config !== undefined) return { path: flags.config, by: '--config' }
  return present(env.BANANAS_CONFIG) ? { path: env.BANANAS_CONFIG, by: 'BANANAS_CONFIG' } : undefined
}

function addressOf(
  flags: GlobalFlags,
  { env, cwd }: Surroundings,
  file: { broker: string | undefined; path: string } | undefined,
): BrokerAddress | undefined {
  if (flags.broker !== undefined) return { url: flags.broker, by: '--broker', folder: cwd }
  if (present(env.BANANAS_URL)) return { url: env.BANANAS_URL, by: 'BANANAS_URL', folder: cwd }
  return file?.broker === undefined
    ? undefined
    : { url: file.broker, by: file.path, folder: dirname(file.path) }
}

function readSecret(env: NodeJS.ProcessEnv): string | undefined {
  const secret = text(env.BANANAS_SECRET) ?? secretFile(text(env.BANANAS_SECRET_FILE))
  if (secret !== undefined) rememberSecret(secret)
  return secret
}

function secretFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new CliError(`BANANAS_SECRET_FILE cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function noBroker(configPath: string | undefined, env: NodeJS.ProcessEnv): string {
  const found =
    configPath === undefined
      ? 'There is no bananas.config.{ts,mjs,js,json} here or above'
      : `${configPath} gives neither "app" nor "broker"`
  const hint = present(env.REDIS_URL) ? ' REDIS_URL is set: --broker "$REDIS_URL" would use it.' : ''
  return `${found}, and no broker is named. Pass --broker or set BANANAS_URL, for example: ${BROKER_EXAMPLES}.${hint}`
}

function text(value: string | undefined): string | undefined {
  return present(value) ? value : undefined
}

function present(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
