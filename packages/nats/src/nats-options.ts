import { QueueError } from '@bananasjs/core/contract'
import type { NatsDriver } from './nats-driver.ts'

/** What both ways of making a transport take. */
export interface NatsCommonOptions {
  /** Starts the name of every stream and subject: up to 32 letters, digits, `-` and `_`. Default `bananas`. */
  readonly prefix?: string | undefined
  /** On how many servers of a cluster each message is kept: 1 to 5. Default 1. */
  readonly replicas?: number | undefined
  /** Where streams are kept. Default `file`. */
  readonly storage?: 'file' | 'memory' | undefined
  /**
   * Most bytes that all queues together may take, and the same for dead letters and results each; then publishing is
   * refused with RATE_LIMITED. Default: the limits of the account.
   */
  readonly maxBytes?: number | undefined
  /** Dead letters are forgotten after this. Default: never. */
  readonly deadLetterMaxAgeMs?: number | undefined
  /** Most deliveries of one queue that are unsettled at once, over all workers. Default 65,536. */
  readonly maxAckPending?: number | undefined
  /** `create` (default): what is missing is made. `never`: it must be there, made as the documentation says. */
  readonly streams?: 'create' | 'never' | undefined
  /** How long a call waits for a lost connection, or a stream without a leader, before it rejects. Default 10,000. */
  readonly recoveryMs?: number | undefined
  /** How long the server may take for an answer. Default 5,000. */
  readonly commandMs?: number | undefined
}

export interface NatsOptions extends NatsCommonOptions {
  /** `nats://user:password@host:port`, or `tls://`; several are servers of one cluster. Default `nats://127.0.0.1`. */
  readonly url?: string | readonly string[] | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  /** Handed to the driver as it is: `authenticator`, `tls`, `inboxPrefix`, `name` and the like. */
  readonly driver?: Readonly<Record<string, unknown>> | undefined
}

export interface NatsClientOptions<D extends NatsDriver> extends NatsCommonOptions {
  /** A connection of `@nats-io/transport-node`, best one that reconnects for ever. It stays yours. */
  readonly client: D
}

export interface Settings {
  readonly prefix: string
  readonly replicas: number
  readonly storage: 'file' | 'memory'
  readonly maxBytes: number
  readonly deadLetterMaxAgeMs: number
  readonly maxAckPending: number
  readonly create: boolean
  readonly recoveryMs: number
  readonly commandMs: number
  readonly given: NatsDriver | undefined
  readonly connection: NatsOptions
}

const PREFIX = /^[\w-]{1,32}$/
const EXAMPLE = 'Write it like nats://user:password@host:4222, or tls://.'
const PROTOCOLS: ReadonlySet<string> = new Set(['nats:', 'tls:'])

/** @throws QueueError INVALID naming the option. */
export function settingsFrom(options: NatsOptions | NatsClientOptions<NatsDriver>): Settings {
  const settings = {
    prefix: options.prefix ?? 'bananas',
    replicas: options.replicas ?? 1,
    storage: options.storage ?? ('file' as const),
    maxBytes: options.maxBytes ?? -1,
    deadLetterMaxAgeMs: options.deadLetterMaxAgeMs ?? 0,
    maxAckPending: options.maxAckPending ?? 65_536,
    create: checkedStreams(options.streams) === 'create',
    recoveryMs: options.recoveryMs ?? 10_000,
    commandMs: options.commandMs ?? 5000,
  }
  checkStreams(settings)
  checkLimits(settings)
  if ('client' in options) return { ...settings, given: options.client, connection: {} }
  checkConnection(options)
  return { ...settings, given: undefined, connection: options }
}

/** All urls, the default included. */
export function urlsOf({ url = 'nats://127.0.0.1' }: NatsOptions): readonly string[] {
  return typeof url === 'string' ? [url] : url
}

function checkedStreams(streams: NatsCommonOptions['streams'] = 'create'): 'create' | 'never' {
  if (streams !== 'create' && streams !== 'never')
    throw invalid(`streams must be "create" or "never", not ${JSON.stringify(streams)}`)
  return streams
}

function checkStreams({
  prefix,
  replicas,
  storage,
}: Pick<Settings, 'prefix' | 'replicas' | 'storage'>): void {
  if (typeof prefix !== 'string' || !PREFIX.test(prefix))
    throw invalid(`prefix must be 1 to 32 letters, digits, "-" or "_", not ${JSON.stringify(prefix)}`)
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 5)
    throw invalid(`replicas must be a whole number from 1 to 5, not ${replicas}`)
  if (storage !== 'file' && storage !== 'memory')
    throw invalid(`storage must be "file" or "memory", not ${JSON.stringify(storage)}`)
}

function checkLimits(settings: Omit<Settings, 'given' | 'connection'>): void {
  const { maxBytes, maxAckPending, deadLetterMaxAgeMs, recoveryMs, commandMs } = settings
  if (maxBytes !== -1 && !(maxBytes >= 1)) throw invalid(`maxBytes must be at least 1, not ${maxBytes}`)
  if (!(maxAckPending >= 1)) throw invalid(`maxAckPending must be at least 1, not ${maxAckPending}`)
  if (!(deadLetterMaxAgeMs >= 0))
    throw invalid(`deadLetterMaxAgeMs must be at least 0, not ${deadLetterMaxAgeMs}`)
  if (!(recoveryMs >= 0)) throw invalid(`recoveryMs must be at least 0, not ${recoveryMs}`)
  if (!(commandMs > 0)) throw invalid(`commandMs must be above 0, not ${commandMs}`)
}

function checkConnection(options: NatsOptions): void {
  const urls = urlsOf(options)
  if (urls.length === 0) throw invalid('name at least one url')
  for (const url of urls) checkUrl(url)
}

function checkUrl(url: string): void {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid(`the url cannot be read. ${EXAMPLE} Special characters in a password are percent-encoded`)
  }
  if (!PROTOCOLS.has(parsed.protocol)) throw invalid(`the url begins with "${parsed.protocol}". ${EXAMPLE}`)
}

function invalid(why: string): QueueError {
  return new QueueError('INVALID', `nats: ${why}.`)
}
